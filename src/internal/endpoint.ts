/** What an endpoint is. */
import type * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { OAuthError, Operation } from "../OAuthError.js"

/** One endpoint of the API: the statuses its documentation lists, each with its error, and the schema of its 200. */
export interface Endpoint<A, E> {
  readonly operation: Operation
  readonly method: "GET" | "POST"
  readonly path: string
  readonly errors: { readonly [status: number]: new (fields: never) => E }
  readonly decode: (u: unknown) => Either.Either<A, ParseResult.ParseError>
}

type ErrorOf<Errors> = Errors[keyof Errors] extends new (fields: never) => infer E ? E : never

export const make = <
  A,
  I,
  const Errors extends { readonly [status: number]: new (fields: never) => OAuthError }
>(spec: {
  readonly operation: Operation
  readonly method: "GET" | "POST"
  readonly path: string
  readonly errors: Errors & { readonly [status: number]: new (fields: never) => ErrorOf<Errors> }
  readonly response: Schema.Schema<A, I>
}): Endpoint<A, ErrorOf<Errors>> => ({ ...spec, decode: Schema.decodeUnknownEither(spec.response, { errors: "all" }) })
