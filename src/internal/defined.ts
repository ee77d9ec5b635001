type Defined<A> = { readonly [Name in keyof A]: Exclude<A[Name], undefined> }

/** Returns an object without its undefined fields: spread over another, it replaces only what it has. */
export const defined = <A extends object>(fields: A): Defined<A> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<A>
