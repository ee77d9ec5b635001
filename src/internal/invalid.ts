/** Turns faults, and what a schema found, into `InvalidRequest`. */
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as String from "effect/String"
import { InvalidRequest, type Issue } from "../OAuthError.js"
import { defined } from "./defined.js"
import { orUndefined } from "./orUndefined.js"

/** Returns an issue for every field that has a fault. */
export const issuesIn = (faults: { readonly [path: string]: string | undefined }): ReadonlyArray<Issue> =>
  Object.entries(defined(faults)).map(([path, message]) => ({ path, message }))

/** Fails if a field has a fault. */
export const refuse = (
  operation: string,
  faults: { readonly [path: string]: string | undefined }
): Effect.Effect<void, InvalidRequest> => {
  const issues = issuesIn(faults)
  return issues.length === 0 ? Effect.void : new InvalidRequest({ operation, issues })
}

/**
 * Returns one issue a field; of a union, that of the first branch. Schema's own messages end in the refused value, which may be a
 * secret.
 */
export const issuesOf = (error: ParseResult.ParseError): ReadonlyArray<Issue> => {
  const issues = orUndefined(() => ParseResult.ArrayFormatter.formatErrorSync(error)) ?? nestedTooDeep
  return Array.dedupeWith(
    issues.map(({ message, path }) => ({
      path: path.join("."),
      message: message.replace(/^Expected ([a-z].*?(?=, actual))?.*/s, (_, type = "an object") => `must be ${type}`)
    })),
    (one, other) => one.path === other.path
  )
}

// The formatter shows the value, and runs out of stack where that is thousands of levels deep.
const nestedTooDeep = [{ path: [], message: "is nested too deep" }]

export const encoded = <I>(
  operation: string,
  result: Either.Either<I, ParseResult.ParseError>
): Either.Either<I, InvalidRequest> =>
  Either.mapLeft(
    result,
    (error) =>
      new InvalidRequest({
        operation,
        // A fault of encoding has the field's name on the wire.
        issues: issuesOf(error).map(({ message, path }) => ({ path: path && String.snakeToCamel(path), message }))
      })
  )
