/** A transport: a function that sends a request and reads its answer, up to a cap. */
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import type { Operation } from "../OAuthError.js"

export interface Request {
  readonly url: string
  readonly method: "GET" | "POST"
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/** The settings of one attempt to send a request. */
export interface Attempt {
  readonly operation: Operation
  /** From connecting to the last byte of the answer. */
  readonly timeout: Duration.Duration
  readonly span: Tracer.Span
  /** The caller's context, over the one that the client was made in. */
  readonly context: Context.Context<never>
}

/** Fails where there was no answer at all, with `TimedOut` if that is why. Interruption aborts the request. */
export type Send = (request: Request, attempt: Attempt) => Effect.Effect<Answer, unknown>

// OpenRouter's answers have some hundred bytes.
const maxBytes = 64 * 1024

/** Whether a status is a redirect. A browser shows one that was not followed as status 0. */
export const isRedirect = (status: number): boolean => status === 0 || (status >= 300 && status < 400)

export class Answer {
  readonly status: number
  readonly header: (name: string) => string | null | undefined
  readonly chunks: Array<Uint8Array> = []
  size = 0
  /** The fault that its status, its headers or its size show. A faulty answer is not read any further. */
  fault: "Redirect" | "ContentType" | "TooLarge" | undefined
  /** The error that ended its body early, except the cap. */
  failure: unknown

  constructor(status: number, header: Answer["header"]) {
    this.status = status
    this.header = header
    if (isRedirect(status)) this.fault = "Redirect"
    else if (status === 200 && !/^\s*application\/([\w.-]+\+)?json\s*(;|$)/i.test(header("content-type") ?? ""))
      this.fault = "ContentType"
  }

  /** Adds a part of the body. Returns whether the next part is to be read. */
  add(chunk: Uint8Array): boolean {
    this.chunks.push(chunk)
    this.size += chunk.length
    if (this.size > maxBytes) this.fault = "TooLarge"
    return !this.fault
  }

  /** Returns its body as text. If `fatal`, it throws on bytes that are not UTF-8. */
  text(fatal: boolean): string {
    const decoder = new TextDecoder("utf-8", { fatal })
    return this.chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode()
  }
}

/** A reader of a body, chunk by chunk. */
export interface Reader {
  readonly read: () => Promise<{ readonly done?: boolean | undefined; readonly value?: Uint8Array | undefined }>
  readonly cancel: () => Promise<unknown>
}

/** Reads a body into its answer, until it ends or is too large. Ending early closes the connection. */
export const readInto = async (answer: Answer, reader: Reader): Promise<Answer> => {
  try {
    while (!answer.fault) {
      const { done, value } = await reader.read()
      if (value) answer.add(value)
      if (done) return answer
    }
    reader.cancel().catch(() => {})
  } catch (failure) {
    answer.failure = failure
  }
  return answer
}
