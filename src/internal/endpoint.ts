/** What an endpoint is. */
import * as Either from "effect/Either"
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
  Wire,
  A,
  const Errors extends { readonly [status: number]: new (fields: never) => OAuthError }
>(spec: {
  readonly operation: Operation
  readonly method: "GET" | "POST"
  readonly path: string
  readonly errors: Errors & { readonly [status: number]: new (fields: never) => ErrorOf<Errors> }
  readonly response: Schema.Schema<Wire>
  /** The response in our names. */
  readonly read: (wire: Wire) => A
}): Endpoint<A, ErrorOf<Errors>> => {
  const decode = Schema.validateEither(spec.response, { errors: "all" })
  return { ...spec, decode: (u) => Either.map(decode(u), spec.read) }
}
