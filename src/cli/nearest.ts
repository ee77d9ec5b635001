/** Finds the name that a mistyped one was meant to be. */

/** Counts how many letters must be added, removed, changed or swapped with their neighbour to turn one text into the other. */
const distance = (a: string, b: string): number => {
  const rows: Array<Array<number>> = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0
  for (let row = 1; row <= a.length; row++) {
    rows.push([row])
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      rows[row]?.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + cost,
          isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY
        )
      )
    }
  }
  return at(a.length, b.length)
}

/** Returns the only name that begins with the typed text, or one that differs in at most two letters and less than half of it. */
export const nearest = (typed: string, names: ReadonlyArray<string>): string | undefined => {
  const [begun, another] = typed.length < 3 ? [] : names.filter((name) => name.startsWith(typed))
  if (begun !== undefined && another === undefined) return begun
  const [best] = names.map((name) => ({ name, far: distance(typed.slice(0, 40), name) })).sort((a, b) => a.far - b.far)
  return best !== undefined && best.far <= 2 && best.far * 2 < best.name.length ? best.name : undefined
}

/** Whether a message may repeat the typed text. It may be anything, also a key, so only plain words are repeated. */
export const sayable = (typed: string): boolean => typed.length <= 24 && /^(?:--)?[a-z]+(?:-[a-z]+)*$/.test(typed)
