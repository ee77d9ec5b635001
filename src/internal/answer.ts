/** What came back for a request: its status, its headers and its body up to the cap. */

const maxBytes = 64 * 1024

export interface Answer {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly chunks: ReadonlyArray<Uint8Array>
  /** Whether it was read to its end. */
  readonly whole: boolean
  /** What ended it early, where that was not the cap. */
  readonly failure?: unknown
}

export const isJson = ({ header }: Pick<Answer, "header">): boolean =>
  /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(header("content-type") ?? "")

/** Whether a status is a redirect; a browser shows one that was not followed as status 0. */
export const isRedirect = (status: number): boolean => status < 200 || (status >= 300 && status < 400)

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
  all: () => Promise<Uint8Array>,
  abort: () => void
): Promise<Answer> => {
  const chunks: Array<Uint8Array> = []
  const answer = (whole: boolean, failure?: unknown): Answer => {
    if (!whole) abort()
    return { status, header, chunks, whole, failure }
  }
  if (isRedirect(status) || (status === 200 && !isJson({ header }))) return answer(false)
  try {
    const reader = body?.getReader?.()
    const iterator = reader ? { next: () => reader.read() } : body?.[Symbol.asyncIterator]?.()
    for (let size = 0; ; ) {
      const { done, value = new Uint8Array() } = iterator ? await iterator.next() : { done: true, value: await all() }
      chunks.push(value)
      size += value.length
      if (done || size > maxBytes) return answer(size <= maxBytes)
    }
  } catch (failure) {
    return answer(false, failure)
  }
}

/** The text of an answer; throws on bytes that are not UTF-8 where that is `fatal`. */
export const textOf = ({ chunks }: Answer, fatal: boolean): string => {
  const decoder = new TextDecoder("utf-8", { fatal })
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode()
}
