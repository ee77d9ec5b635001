/** Texts that are almost what a reader expects: they get further into it than arbitrary ones. */
import * as fc from "effect/FastCheck"

/** JSON of the fields, some of them missing or replaced by arbitrary values; sometimes cut off or with other text in it. */
export const nearly = (fields: Readonly<Record<string, unknown>>): fc.Arbitrary<string> => {
  const values = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      fc.oneof({ arbitrary: fc.constant(value), weight: 6 }, fc.jsonValue(), fc.string({ unit: "binary" }))
    ])
  )
  const json = fc
    .oneof(fc.record(values), fc.record(values, { requiredKeys: [] }))
    .map((value) => JSON.stringify(value))
  const broken = fc
    .tuple(json, fc.nat(), fc.string({ unit: "binary", maxLength: 3 }))
    .map(([text, at, more]) => text.slice(0, at % (text.length + 1)) + more)
  return fc.oneof({ arbitrary: json, weight: 4 }, broken, fc.json(), fc.string({ unit: "binary" }))
}
