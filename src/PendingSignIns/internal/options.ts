/** The options of a store, checked when its layer is built. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { InvalidRequest, type Issue } from "../../OAuthError.js"

/** Decodes the durations that `defaults` names. An option that is absent gets its default. */
export const durations = <Name extends string>(
  operation: string,
  defaults: Readonly<Record<Name, Duration.Duration>>,
  options: { readonly [name in NoInfer<Name>]?: Duration.DurationInput | undefined }
): Effect.Effect<Readonly<Record<Name, Duration.Duration>>, InvalidRequest> => {
  const decoded: Record<Name, Duration.Duration> = { ...defaults }
  const issues: Array<Issue> = []
  for (const name in defaults) {
    const given = options[name]
    if (given === undefined) continue
    const duration = Option.getOrUndefined(Duration.decodeUnknown(given))
    if (duration === undefined) issues.push({ path: name, message: 'must be a duration, such as "5 seconds"' })
    else decoded[name] = duration
  }
  return issues.length === 0 ? Effect.succeed(decoded) : Effect.fail(new InvalidRequest({ operation, issues }))
}
