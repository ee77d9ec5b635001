/** What came back for a request: its status, its headers and its body up to the cap. */

const maxBytes = 64 * 1024

export interface Answer {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly chunks: ReadonlyArray<Uint8Array>
  /** Why it can be no value, as far as that shows in its status, its headers and its size. */
  readonly fault?: "Redirect" | "ContentType" | "TooLarge" | undefined
  /** What ended its body early, where that was not the cap. */
  readonly failure?: unknown
}

export interface Chunk {
  readonly done?: boolean | undefined
  readonly value?: Uint8Array | undefined
}

/** A body that can be asked for its chunks: a web stream, or one of Node's. */
export interface Body {
  readonly getReader?: () => { readonly read: () => Promise<Chunk> }
  readonly [Symbol.asyncIterator]?: () => { readonly next: () => Promise<Chunk> }
}

/**
 * Reads an answer until its end, its failure or the cap; a redirect, and a 200 that is not JSON, not at all. A body that cannot be
 * asked for its chunks comes by `all`. What is not read to its end is aborted.
 */
export const read = async (
  { header, status }: Pick<Answer, "header" | "status">,
  body: Body | null | undefined,
  all: () => Promise<string>,
  abort: () => void
): Promise<Answer> => {
  const chunks: Array<Uint8Array> = []
  const cut = (fault: Answer["fault"], failure?: unknown): Answer => {
    abort()
    return { status, header, chunks, fault, failure }
  }
  // A browser shows a redirect that was not followed as status 0.
  if (status < 200 || (status >= 300 && status < 400)) return cut("Redirect")
  if (status === 200 && !/^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(header("content-type") ?? ""))
    return cut("ContentType")
  try {
    const reader = body?.getReader?.()
    const iterator = reader ? { next: () => reader.read() } : body?.[Symbol.asyncIterator]?.()
    for (let size = 0; ; ) {
      const { done, value }: Chunk = iterator
        ? await iterator.next()
        : { done: true, value: new TextEncoder().encode(await all()) }
      if (value !== undefined) {
        chunks.push(value)
        size += value.length
      }
      if (size > maxBytes) return cut("TooLarge")
      if (done) return { status, header, chunks }
    }
  } catch (failure) {
    return cut(undefined, failure)
  }
}

/** The text of an answer; throws on bytes that are not UTF-8 where that is `fatal`. */
export const textOf = ({ chunks }: Answer, fatal: boolean): string => {
  const decoder = new TextDecoder("utf-8", { fatal })
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode()
}
