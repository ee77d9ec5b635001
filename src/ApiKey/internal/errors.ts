/** Why there is no API key. */
import * as Data from "effect/Data"

/** The function that asks for a key where no other one is named. */
const defaultOperation = "get"

/**
 * No provider has a key. `message` says what was tried and what to do.
 *
 * @since 0.1.0
 * @category errors
 */
export class ApiKeyMissing extends Data.TaggedError("ApiKeyMissing")<{
  /** The function that asked for the key: `get`, or `resolve` or `fetch` of `node/PromiseApiKey`. */
  readonly operation: string
  /** The providers that were asked, in order. */
  readonly tried: ReadonlyArray<string>
  /** What the reader can do, one sentence for each provider that has one. */
  readonly remedies: ReadonlyArray<string>
}> {
  /** `operation` defaults to `get`. */
  constructor(fields: {
    readonly operation?: string | undefined
    readonly tried: ReadonlyArray<string>
    readonly remedies: ReadonlyArray<string>
  }) {
    super({ ...fields, operation: fields.operation ?? defaultOperation })
  }

  override get message(): string {
    const tried = this.tried.length === 0 ? "there is no provider" : `tried: ${this.tried.join(", ")}`
    return [`No OpenRouter API key was found (${tried}).`, ...this.remedies].join(" ")
  }
}

/**
 * A provider failed: it may have a key, but cannot give it now.
 *
 * @since 0.1.0
 * @category errors
 */
export class ApiKeyUnavailable extends Data.TaggedError("ApiKeyUnavailable")<{
  /** The function that asked for the key: `get`, or `resolve` or `fetch` of `node/PromiseApiKey`. */
  readonly operation: string
  /** The name of the provider. */
  readonly source: string
  readonly message: string
  /** The provider's own error. */
  readonly cause?: unknown
}> {
  /** `operation` defaults to `get`. */
  constructor(fields: {
    readonly operation?: string | undefined
    readonly source: string
    readonly message: string
    readonly cause?: unknown
  }) {
    super({ ...fields, operation: fields.operation ?? defaultOperation })
  }
}
