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
  for (const { message, path } of formatted(error)) {
    const field = path.join(".")
    if (!byPath.has(field)) byPath.set(field, inOurWords(message))
  }
  return Array.from(byPath, ([path, message]) => ({ path, message }))
}

const formatted = (
  error: ParseResult.ParseError
): ReadonlyArray<{ path: ReadonlyArray<PropertyKey>; message: string }> => {
  try {
    return ParseResult.ArrayFormatter.formatErrorSync(error)
  } catch {
    // The formatter shows the value, and runs out of stack where that is thousands of levels deep.
    return [{ path: [], message: "is nested too deep" }]
  }
}

const inOurWords = (message: string): string =>
  message
    .replace(/, actual[\s\S]*$/, "")
    .replace(/^Expected (?:\{|\(?Struct).*/, "must be an object")
    .replace(/^Expected Redacted.*/, "must be Redacted: wrap it with Redacted.make")
    .replace(/^Expected /, "must be ")

export const encoded = <I>(
  operation: string,
  result: Either.Either<I, ParseResult.ParseError>
): Either.Either<I, InvalidRequest> =>
  Either.mapLeft(
    result,
    (error) =>
      new InvalidRequest({
        operation,
        // What cannot be encoded is found under its name on the wire.
        issues: issuesOf(error).map(({ message, path }) => ({ path: path.replace(/_(.)/g, upper), message }))
      })
  )

const upper = (_: string, letter: string): string => letter.toUpperCase()
