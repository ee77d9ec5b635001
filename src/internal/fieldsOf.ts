import * as Predicate from "effect/Predicate"

/** Returns the fields of an unknown value. A value that is not an object has none. */
export const fieldsOf = (u: unknown): { readonly [name: string]: unknown } => (Predicate.isRecord(u) ? u : {})
