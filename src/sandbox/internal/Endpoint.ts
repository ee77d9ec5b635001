/** What an endpoint of the sandbox is, and whose key a request carries. */
import type * as Effect from "effect/Effect"
import type * as OAuthError from "../../OAuthError.js"
import { type ErrorShape, standardError } from "./errorBody.js"
import type { Ledger, SandboxKey } from "./Ledger.js"
import * as Reply from "./Reply.js"
import type { SandboxClock } from "./SandboxClock.js"
import type { Tokens } from "./tokens.js"

/**
 * - `documented`: as OpenRouter's documentation and its OpenAPI description say.
 * - `observed`: as its answers were recorded.
 *
 * @since 0.1.0
 * @category models
 */
export type Profile = "documented" | "observed"

/**
 * The operations that the sandbox answers, by the names of OpenRouter's SDK: those of the sign-in, and those that a key
 * is used for.
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
  /** The error body of this endpoint that faults have where they name none. */
  readonly errorShape?: ErrorShape
  readonly answer: (settings: Settings, request: Reply.Incoming) => Effect.Effect<Reply.Reply>
}

/** The key that a request carries, where it carries one that is still good. */
export const bearer = (ledger: Ledger, request: Reply.Incoming, now: number): SandboxKey | undefined => {
  const token = Reply.headerOf(request, "authorization")?.match(/^Bearer +(\S+)$/i)?.[1]
  return token === undefined ? undefined : ledger.keyOf(token, now)
}

export const unauthorized = standardError(401, "The API key is missing, unknown, revoked or expired")

export const tooLarge = standardError(413, "The request body is too large")
