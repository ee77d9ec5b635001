/** The end of a command: its message on stderr, and its exit code. */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { cleaner } from "../internal/redact.js"
import { setProxyVariables } from "./proxy.js"

/** 0 is done, 130 interrupted. */
export const codes = {
  /** Not signed in: refused, denied, timed out; and anything else. */
  refused: 1,
  usage: 2,
  /** The network, or a taken port. */
  network: 3,
  /** Signed in, but the key could not be saved: it was shown. */
  notSaved: 4,
  interrupted: 130
} as const

/** A failure of the command itself. `message` says what happened, and what to do. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly why: "refused" | "usage" | "network" | "notSaved"
  readonly message: string
}> {}

const network = ["ConnectionFailed", "ConnectionLost", "TimedOut", "MalformedResponse", "PortUnavailable"]

/** The variable or flag that sets each input of the library. */
const inputs: Readonly<Record<string, string>> = {
  baseUrl: "OPENROUTER_BASE_URL",
  apiKey: "OPENROUTER_API_KEY",
  httpReferer: "OPENROUTER_HTTP_REFERER",
  appTitle: "OPENROUTER_APP_TITLE",
  appCategories: "OPENROUTER_APP_CATEGORIES",
  key: "The key (stored, or in OPENROUTER_API_KEY)",
  code: "--code",
  codeVerifier: "The verifier",
  callbackUrl: "--callback",
  codeChallenge: "--challenge",
  codeChallengeMethod: "--method",
  state: "--state",
  limit: "--limit",
  keyLabel: "--key-label",
  workspaceId: "--workspace",
  expiresAt: "--expires-at",
  usageLimitType: "--limit-reset",
  timeout: "--timeout",
  port: "--port",
  federationPolicyId: "--policy",
  subjectToken: "The subject token"
}

/** The library's operations, in words for people who do not know its names. */
const operations: Readonly<Record<string, string>> = {
  createAuthCode: "The request for a code",
  exchangeAuthCodeForAPIKey: "The exchange of the code",
  getCurrentKey: "The check of the key",
  createOauthToken: "The exchange of the subject token"
}

/** Replaces names of the library: a person at a terminal sets variables, not options. */
const inWords = (message: string): string =>
  message.replace(/^\w+/, (first) => operations[first] ?? first).replace(/\(option \w+, (?=OPENROUTER_)/, "(")

interface Told {
  readonly code: number
  readonly message: string
}

const isIssue = (u: unknown): u is { readonly path: string; readonly message: string } =>
  Predicate.hasProperty(u, "path") &&
  typeof u.path === "string" &&
  Predicate.hasProperty(u, "message") &&
  typeof u.message === "string"

/** Returns the message and the exit code of an error. `help` is the command line that shows the help. */
const toldOf = (error: unknown, help: string): Told => {
  const tag = Predicate.hasProperty(error, "_tag") ? String(error._tag) : ""
  if (error instanceof CommandFailed) return { code: codes[error.why], message: error.message }
  if (tag === "ConfigError") {
    return {
      code: codes.usage,
      message: "The environment could not be read. Check the variables whose names begin with OPENROUTER_."
    }
  }
  if (tag === "InvalidRequest" && Predicate.hasProperty(error, "issues") && Array.isArray(error.issues)) {
    const issues = error.issues.filter(isIssue)
    const remedy = issues.some(({ path }) => inputs[path]?.startsWith("--")) ? `Try: ${help}` : "Correct or unset it."
    const words = issues.map(
      ({ message, path }) =>
        `${inputs[path] ?? path} ${message.replace(/[a-z]+[A-Z]\w*/g, (name) => inputs[name] ?? name)}`
    )
    return { code: codes.usage, message: `${words.join("; ")}. ${remedy}` }
  }
  if (tag === "PastedEnded") {
    return {
      code: codes.refused,
      message: "Standard input ended without a code. Run the command in a terminal, or pipe the code into it."
    }
  }
  const message = inWords(error instanceof Error ? error.message : String(error))
  if (!network.includes(tag)) return { code: codes.refused, message }
  const proxies = ["ConnectionFailed", "ConnectionLost", "TimedOut"].includes(tag) ? setProxyVariables() : []
  return {
    code: codes.network,
    message: proxies.length > 0 ? `${message} Check the proxy in ${proxies.join(", ")} too.` : message
  }
}

const unexpected = (defect: unknown): string => {
  const what = defect instanceof Error ? `${defect.name}: ${defect.message}` : String(defect)
  return `The command failed unexpectedly (${cleaner([])(what)}). Please report this as an issue of effect-openrouter-oauth.`
}

/** Returns the message of a failure, without a stack trace; undefined if the command was interrupted. */
export const messageOf = (cause: Cause.Cause<unknown>, help: string): string | undefined => {
  if (Cause.isInterruptedOnly(cause)) return undefined
  return Option.match(Cause.failureOption(cause), {
    onNone: () => unexpected(Cause.squash(cause)),
    onSome: (error) => toldOf(error, help).message
  })
}

/** Returns the exit code of the process. */
export const exitCode = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.isInterruptedOnly(exit.cause)) return codes.interrupted
  return Option.match(Cause.failureOption(exit.cause), {
    onNone: () => codes.refused,
    onSome: (error) => toldOf(error, "").code
  })
}
