/** What came back for a request: its status, its headers and its body up to the cap. */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"

const maxBytes = 64 * 1024

export interface Answer {
  readonly status: number
  readonly headers: HttpClientResponse.HttpClientResponse["headers"]
  readonly bytes: Uint8Array
  /** Whether it was read to its end. */
  readonly whole: boolean
  /** What ended it early, where that was not the cap. */
  readonly failure?: unknown
}

export const isJson = (headers: Answer["headers"]): boolean =>
  /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(headers["content-type"] ?? "")

/** Whether a status is a redirect; a browser shows one that was not followed as status 0. */
export const isRedirect = (status: number): boolean => status < 200 || (status >= 300 && status < 400)

/** What the responses of the platform's clients hold: fetch's, undici's or Node's own response, and what aborts the request. */
interface Holder {
  readonly original?: Holder
  readonly source?: Body & { readonly body?: Body | null }
  readonly controller?: AbortController
}

interface Body {
  readonly bodyUsed?: boolean
  readonly readableDidRead?: boolean
  readonly getReader?: () => { readonly read: () => Promise<Chunk> }
  readonly [Symbol.asyncIterator]?: () => { readonly next: () => Promise<Chunk> }
}

interface Chunk {
  readonly done?: boolean
  readonly value?: Uint8Array
}

/** Asks a body for its chunks; undefined where it has none to ask for. */
const chunksOf = (body: Body | undefined): (() => Promise<Chunk>) | undefined => {
  const reader = body?.getReader?.()
  if (reader !== undefined) return () => reader.read()
  const iterator = body?.[Symbol.asyncIterator]?.()
  return iterator && (() => iterator.next())
}

/**
 * Reads an answer until its end, its failure or the cap; a redirect, and a 200 that is not JSON, not at all. What is not read to its
 * end is aborted. A body that can be asked for its chunks costs 5 µs so, and 300 as a Stream; others come whole, and one that a
 * transform read comes from the platform, which keeps its text.
 */
export const read = (
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Answer, HttpClientError.HttpClientError> => {
  const holder = response as Holder
  const { headers, status } = response
  const chunks: Array<Uint8Array> = []
  let size = 0
  const isEnough = (chunk: Uint8Array = new Uint8Array()) => {
    chunks.push(chunk)
    size += chunk.length
    return size > maxBytes
  }
  const answer = (whole: boolean, failure?: unknown): Answer => {
    if (!whole) holder.controller?.abort()
    return { status, headers, bytes: joined(chunks, Math.min(size, maxBytes)), whole, failure }
  }
  if (isRedirect(status) || (status === 200 && !isJson(headers))) return Effect.succeed(answer(false))
  const { source } = holder.original ?? holder
  const body = source?.body ?? source
  if (source?.bodyUsed || body?.readableDidRead) {
    return Effect.map(response.text, (text) => answer(!isEnough(new TextEncoder().encode(text))))
  }
  const next = chunksOf(body)
  return next === undefined
    ? Effect.map(response.arrayBuffer, (buffer) => answer(!isEnough(new Uint8Array(buffer))))
    : Effect.async((resume) => {
        const fail = (failure: unknown) => resume(Effect.succeed(answer(false, failure)))
        const pump = ({ done, value }: Chunk): unknown => {
          const over = isEnough(value)
          return done || over ? resume(Effect.succeed(answer(!over))) : next().then(pump, fail)
        }
        next().then(pump, fail)
        return Effect.sync(() => holder.controller?.abort())
      })
}

const joined = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const [first] = chunks
  if (first?.length === size) return first
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk.subarray(0, size - at), at)
    at += chunk.length
  }
  return bytes
}
