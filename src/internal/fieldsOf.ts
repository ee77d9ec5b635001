import * as Predicate from "effect/Predicate"

/** Returns the fields of an unknown value; none where it is no object. */
export const fieldsOf = (u: unknown): { readonly [name: string]: unknown } => (Predicate.isRecord(u) ? u : {})
