/** How a command ends: what is told on stderr, and the exit code. */
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { cleaner } from "../internal/text.js"

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

/** What the command itself has to say: one sentence, and one remedy. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly why: "refused" | "usage" | "network" | "notSaved"
  readonly message: string
}> {}

const network = [
  "ConnectionFailed",
  "ConnectionLost",
  "TimedOut",
  "MalformedResponse",
  "PortUnavailable",
  "ListenFailed"
]

/** What sets each input of the library. */
const inputs: Readonly<Record<string, string>> = {
  baseUrl: "OPENROUTER_BASE_URL",
  apiKey: "OPENROUTER_API_KEY",
  httpReferer: "OPENROUTER_HTTP_REFERER",
  appTitle: "OPENROUTER_APP_TITLE",
  appCategories: "OPENROUTER_APP_CATEGORIES",
  key: "The key",
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
  port: "--port"
}

interface Told {
  readonly code: number
  /** Undefined where everything is said already. */
  readonly message: string | undefined
}

const isIssue = (u: unknown): u is { readonly path: string; readonly message: string } =>
  Predicate.hasProperty(u, "path") &&
  typeof u.path === "string" &&
  Predicate.hasProperty(u, "message") &&
  typeof u.message === "string"

const toldOf = (error: unknown): Told => {
  // The frame has printed it, with the help.
  if (ValidationError.isValidationError(error)) return { code: codes.usage, message: undefined }
  const tag = Predicate.hasProperty(error, "_tag") ? String(error._tag) : ""
  if (error instanceof CommandFailed) return { code: codes[error.why], message: error.message }
  if (tag === "ConfigError") {
    return {
      code: codes.usage,
      message: "The environment could not be read. Check the variables that begin with OPENROUTER_."
    }
  }
  if (tag === "InvalidRequest" && Predicate.hasProperty(error, "issues") && Array.isArray(error.issues)) {
    const issues = error.issues.filter(isIssue).map(({ message, path }) => `${inputs[path] ?? path} ${message}`)
    return { code: codes.usage, message: `${issues.join("; ")}. Try --help.` }
  }
  return {
    code: network.includes(tag) ? codes.network : codes.refused,
    message: error instanceof Error ? error.message : String(error)
  }
}

const unexpected = (defect: unknown): string => {
  const what = defect instanceof Error ? `${defect.name}: ${defect.message}` : String(defect)
  return `The command met something unexpected (${cleaner([])(what)}). Please report it to the makers of effect-openrouter-oauth.`
}

/** What to tell of a failure; never a stack trace. */
export const messageOf = (cause: Cause.Cause<unknown>): string | undefined => {
  if (Cause.isInterruptedOnly(cause)) return undefined
  return Option.match(Cause.failureOption(cause), {
    onNone: () => unexpected(Cause.squash(cause)),
    onSome: (error) => toldOf(error).message
  })
}

/** The exit code of the process. */
export const exitCode = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.isInterruptedOnly(exit.cause)) return codes.interrupted
  return Option.match(Cause.failureOption(exit.cause), {
    onNone: () => codes.refused,
    onSome: (error) => toldOf(error).code
  })
}
