/** How stores that keep text keep a sign-in. */
import * as Schema from "effect/Schema"

/** Far more than any sign-in needs. Bounds what is parsed of a text that somebody else wrote. */
const maxLength = 65_536

export const asText = <A, I>(schema: Schema.Schema<A, I>): Schema.Schema<A, string> =>
  Schema.compose(Schema.String.pipe(Schema.maxLength(maxLength)), Schema.parseJson(schema))
