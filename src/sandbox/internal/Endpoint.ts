/** The endpoints of the sandbox, and the key of a request. */
import type * as Effect from "effect/Effect"
import type * as OAuthError from "../../OAuthError.js"
import { type ErrorShape, standardError } from "./errorBody.js"
import type { Ledger, SandboxKey } from "./Ledger.js"
import * as Reply from "./Reply.js"
import type { SandboxClock } from "./SandboxClock.js"
import type { Tokens } from "./tokens.js"

/**
 * Which OpenRouter the sandbox imitates.
 *
 * - `documented`: the one of OpenRouter's documentation and its OpenAPI description.
 * - `observed`: the one of recorded answers.
 *
 * @since 0.1.0
 * @category models
 */
export type Profile = "documented" | "observed"

/**
 * The operations that the sandbox answers, by their names in OpenRouter's SDK: those of a sign-in, and those that need its key.
 *
 * @since 0.1.0
 * @category models
 */
export type Operation =
  | OAuthError.Operation
  | "listModels"
  | "listModelsUser"
  | "getCredits"
  | "sendChatCompletionRequest"

export interface Settings {
  readonly profile: Profile
  readonly ledger: Ledger
  readonly userId: string
  readonly clock: SandboxClock
  readonly tokens: Tokens
}

export interface Endpoint {
  readonly operation: Operation
  readonly method: "GET" | "POST"
  readonly path: string
  /** The error body of a fault that names none. Defaults to `standard`. */
  readonly errorShape?: ErrorShape
  readonly answer: (settings: Settings, request: Reply.Incoming) => Effect.Effect<Reply.Reply>
}

/** Returns the key of a request; undefined if it has none, or one that is not valid. */
export const bearer = (ledger: Ledger, request: Reply.Incoming, now: number): SandboxKey | undefined => {
  const token = Reply.headerOf(request, "authorization")?.match(/^Bearer +(\S+)$/i)?.[1]
  return token === undefined ? undefined : ledger.keyOf(token, now)
}

export const unauthorized = standardError(401, "The API key is missing, unknown, revoked or expired")

export const tooLarge = standardError(413, "The request body is too large")
