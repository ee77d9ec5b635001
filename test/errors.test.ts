/** Every error class of the package says which function failed, and has a message that helps. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import { ApiKeyMissing, ApiKeyUnavailable } from "effect-openrouter-oauth/ApiKey"
import { CredentialStoreError } from "effect-openrouter-oauth/node/CredentialStore"
import { PastedEnded, PortUnavailable, SignInTimedOut } from "effect-openrouter-oauth/node/LoopbackSignIn"
import { KeyNotSaved } from "effect-openrouter-oauth/node/PromiseApiKey"
import { StoreError } from "effect-openrouter-oauth/PendingSignIns"
import { AuthorizationDenied, AuthorizationFailed, StateMismatch, UnknownAttempt } from "effect-openrouter-oauth/SignIn"
import { SubjectTokenUnavailable } from "effect-openrouter-oauth/WorkloadIdentity"
import { CrossSiteBegin } from "../src/server/internal/outcomes.js"
import { errorsOf } from "./util/errors.js"

const root = fileURLToPath(new URL("..", import.meta.url))
const secret = "sk-or-v1-fake-0123456789abcdef"

/** One of each error that a user of the package can meet. */
const samples: Record<string, { readonly operation: string; readonly message: string }> = {
  ...errorsOf("exchangeAuthCodeForAPIKey"),
  ApiKeyMissing: new ApiKeyMissing({ tried: ["environment"], remedies: ["Set OPENROUTER_API_KEY."] }),
  ApiKeyUnavailable: new ApiKeyUnavailable({ source: "store", message: "The store cannot be read. Try again later." }),
  SubjectTokenUnavailable: new SubjectTokenUnavailable({ reason: "Absent", message: "There is no subject token." }),
  KeyNotSaved: new KeyNotSaved({ message: "The key was not saved: the disk is full.", userId: null, key: secret }),
  CredentialStoreError: new CredentialStoreError({
    operation: "set",
    reason: "Io",
    path: null,
    message: "The disk is full.",
    credential: { key: Redacted.make(secret), userId: null }
  }),
  StoreError: new StoreError({ operation: "put", message: "The store did not answer." }),
  AuthorizationDenied: new AuthorizationDenied({ operation: "complete" }),
  AuthorizationFailed: new AuthorizationFailed({ operation: "complete", error: "server_error" }),
  UnknownAttempt: new UnknownAttempt({ operation: "complete" }),
  StateMismatch: new StateMismatch({ operation: "completeWithCode", reason: "Browser" }),
  CrossSiteBegin: new CrossSiteBegin({ operation: "begin" }),
  SignInTimedOut: new SignInTimedOut({ operation: "signIn", timeout: Duration.minutes(5) }),
  PastedEnded: new PastedEnded({ operation: "signIn", reason: "Ended" }),
  PortUnavailable: new PortUnavailable({
    operation: "signIn",
    host: "127.0.0.1",
    port: 3000,
    ports: [3000],
    reason: "AddressInUse"
  })
}

/** Classes whose errors never reach a user of the package as values. */
const inside: Record<string, string> = {
  BackendFault: "becomes CredentialStoreError",
  CommandFailed: "is an exit code of the command",
  KeychainFault: "becomes CredentialStoreError, or a warning",
  ProviderMissing: "is thrown by a hook, for the developer: React has no channel for errors",
  PromiseFailed: "is unpacked: the promise rejects with its cause",
  WebCryptoMissing: "is a defect: the runtime is wrong, not a call"
}

/** The names of all tagged errors in the sources. */
const declared = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return declared(path)
    const found = readFileSync(path, "utf8").matchAll(/(?:TaggedError|StatusError<.*>)\("(\w+)"\)/g)
    return Array.from(found, ([, name = ""]) => name)
  })

const isError = (exported: unknown): boolean => typeof exported === "function" && exported.prototype instanceof Error

describe("error classes", () => {
  it("all that the sources declare are known here", () => {
    assert.deepStrictEqual(
      [...new Set(declared(join(root, "src")))].sort(),
      [...Object.keys({ ...samples, ...inside })].sort()
    )
  })

  it.each(Object.keys(samples))("%s has operation and a message of whole sentences", (name) => {
    const error = samples[name]
    assert.match(error?.operation ?? "", /^[A-Za-z.]+$/)
    assert.match(error?.message ?? "", /^\S.*[.]$/)
  })

  it.each(Object.keys(samples))("%s shows no secret", (name) => {
    const error = samples[name]
    assert.notInclude(JSON.stringify(error), secret)
    assert.notInclude(String(error), secret)
  })

  const modules = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).exports).filter(
    (path) => existsSync(join(root, "src", `${path}.ts`)) || existsSync(join(root, "src", path, "index.ts"))
  )

  it.each(modules)("those that %s exports are among them", async (path) => {
    const exported: Record<string, unknown> = await import(join("effect-openrouter-oauth", path))
    const names = Object.keys(exported).filter((name) => isError(exported[name]))
    assert.includeMembers(Object.keys(samples), names)
  })
})
