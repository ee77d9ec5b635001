type Defined<A> = { readonly [Name in keyof A]: Exclude<A[Name], undefined> }

/** Returns an object without its undefined fields: spread over another, it replaces only what it has. */
export const defined = <A extends object>(fields: A): Defined<A> => {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) kept[name] = value
  }
  return kept as Defined<A>
}
