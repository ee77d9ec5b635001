import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"

/** An object without its undefined fields: spread over another, it replaces only what it has. */
export const defined = <A extends object>(fields: A): { readonly [K in keyof A]: Exclude<A[K], undefined> } =>
  Record.filter(fields as never, Predicate.isNotUndefined) as never
