/**
 * The system's keychain, with `@napi-rs/keyring` in a child process: a bus that never answers blocks the thread that asks it, and only a
 * process can be ended then.
 */
import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The keychain could not be used. `why` is the middle of a sentence. */
export class KeychainFault extends Data.TaggedError("KeychainFault")<{ readonly why: string }> {}

type Request =
  | { readonly operation: "get" | "remove"; readonly account: string }
  | { readonly operation: "set"; readonly account: string; readonly secret: string }
  | { readonly operation: "list" }

const service = "openrouter-oauth"

/** Pins the secret service: without it a Linux machine would silently use the kernel's keyring, which a restart empties. */
const program = `
const { Entry, findCredentials } = require(process.argv[1])
let input = ""
process.stdin.setEncoding("utf8")
process.stdin.on("data", (chunk) => { input += chunk })
process.stdin.on("end", () => {
  const { operation, account, secret, service } = JSON.parse(input)
  const given = (value) => ({ ok: true, value: value ?? null })
  const refused = (why) => ({ ok: false, why })
  const open = (name) => new Entry(service, name, { linux: { store: "secret-service" } })
  const run = {
    get: () => given(open(account).getPassword()),
    set: () => {
      const entry = open(account)
      entry.setPassword(secret)
      return entry.getPassword() === secret ? given(null) : refused("it did not keep what was saved")
    },
    remove: () => given(open(account).deleteCredential()),
    list: () => {
      open("probe")
      return given(findCredentials(service))
    }
  }
  let answer
  try {
    answer = run[operation]()
  } catch (error) {
    answer = refused(String(error && error.message))
  }
  process.stdout.write(JSON.stringify(answer))
})
`

const answerOf = <A, I>(value: Schema.Schema<A, I>) =>
  Schema.decodeOption(
    Schema.parseJson(
      Schema.Union(
        Schema.Struct({ ok: Schema.Literal(true), value }),
        Schema.Struct({ ok: Schema.Literal(false), why: Schema.String })
      )
    )
  )

const decodeText = answerOf(Schema.NullOr(Schema.String))
const decodeBoolean = answerOf(Schema.Boolean)
const decodeList = answerOf(Schema.Array(Schema.Struct({ account: Schema.String, password: Schema.String })))

const findPackage = Effect.try({
  try: () => createRequire(import.meta.url).resolve("@napi-rs/keyring"),
  catch: () => new KeychainFault({ why: "@napi-rs/keyring is not installed" })
})

/** Runs the child. Its input and output are pipes, so no secret is in its arguments. */
const ask = (request: Request, limit: Duration.Duration): Effect.Effect<string, KeychainFault> =>
  Effect.flatMap(findPackage, (path) =>
    Effect.async<string, KeychainFault>((resume) => {
      // Electron runs a script only with this variable. The parent's options, such as a debugger's port, must not reach the child.
      const { NODE_OPTIONS: _, ...env } = process.env
      const child = spawn(process.execPath, ["-e", program, path], {
        env: { ...env, ELECTRON_RUN_AS_NODE: "1" },
        stdio: ["pipe", "pipe", "ignore"],
        windowsHide: true
      })
      let output = ""
      child.stdout.setEncoding("utf8")
      child.stdout.on("data", (chunk) => {
        output += chunk
      })
      child.on("error", () =>
        resume(Effect.fail(new KeychainFault({ why: "its helper process could not be started" })))
      )
      child.on("close", () => resume(Effect.succeed(output)))
      child.stdin.on("error", () => {})
      child.stdin.end(JSON.stringify({ ...request, service }))
      return Effect.sync(() => child.kill("SIGKILL"))
    }).pipe(
      Effect.timeoutFail({
        duration: limit,
        onTimeout: () => new KeychainFault({ why: `it did not answer within ${Duration.format(limit)}` })
      })
    )
  )

const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, " ").slice(0, 200)

export interface Keychain {
  readonly get: (account: string) => Effect.Effect<string | null, KeychainFault>
  readonly set: (account: string, secret: string) => Effect.Effect<void, KeychainFault>
  readonly remove: (account: string) => Effect.Effect<boolean, KeychainFault>
  readonly list: Effect.Effect<ReadonlyArray<{ readonly account: string; readonly password: string }>, KeychainFault>
}

/** `limit`: how long one answer may take. */
export const keychain = (limit: Duration.Duration): Keychain => {
  const read =
    <A>(decode: ReturnType<typeof answerOf<A, A>>) =>
    (request: Request): Effect.Effect<A, KeychainFault> =>
      Effect.flatMap(ask(request, limit), (output) =>
        Effect.flatMap(
          Effect.mapError(decode(output), () => new KeychainFault({ why: "its helper process gave no answer" })),
          (answer) =>
            answer.ok ? Effect.succeed(answer.value) : Effect.fail(new KeychainFault({ why: plain(answer.why) }))
        )
      )
  return {
    get: (account) => read(decodeText)({ operation: "get", account }),
    set: (account, secret) => Effect.asVoid(read(decodeText)({ operation: "set", account, secret })),
    remove: (account) => read(decodeBoolean)({ operation: "remove", account }),
    list: read(decodeList)({ operation: "list" })
  }
}
