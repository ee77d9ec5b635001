/** Returns what `get` returns, or undefined if it throws. */
export const orUndefined = <A>(get: () => A): A | undefined => {
  try {
    return get()
  } catch {
    return undefined
  }
}
