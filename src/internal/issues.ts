/** What a schema found, in our words. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import { InvalidRequest, type Issue } from "../OAuthError.js"

/**
 * One issue a field: of a union, the first branch that was tried. Schema's own messages end in the value that was refused,
 * which may be a secret.
 */
export const issuesOf = (error: ParseResult.ParseError): ReadonlyArray<Issue> => {
  const byPath = new Map<string, string>()
  for (const { message, path } of ParseResult.ArrayFormatter.formatErrorSync(error)) {
    const field = path.join(".")
    if (!byPath.has(field)) byPath.set(field, message.replace(/, actual[^]*$/, "").replace(/^Expected /, "must be "))
  }
  return Array.from(byPath, ([path, message]) => ({ path, message }))
}

export const encoded = <I>(
  operation: string,
  result: Either.Either<I, ParseResult.ParseError>
): Either.Either<I, InvalidRequest> =>
  Either.mapLeft(result, (error) => new InvalidRequest({ operation, issues: issuesOf(error) }))
