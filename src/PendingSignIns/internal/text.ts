/** How stores that keep text keep a sign-in. */
import * as Schema from "effect/Schema"

/** Far above what any sign-in needs, and no more than that of what somebody else wrote. */
const maxLength = 65_536

export const asText = <A, I>(schema: Schema.Schema<A, I>): Schema.Schema<A, string> =>
  Schema.compose(Schema.String.pipe(Schema.maxLength(maxLength)), Schema.parseJson(schema))
