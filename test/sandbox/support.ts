import * as Redacted from "effect/Redacted"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"

/** The vector of RFC 7636, appendix B. */
export const codeVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
export const codeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
export const callbackUrl = "http://localhost:3000/callback"

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** In how many pieces the body came. */
  readonly chunks: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly json: any
}

export type Send = (path: string, init?: RequestInit) => Promise<Answer>

export const read = async (response: Response): Promise<Answer> => {
  let text = ""
  let chunks = 0
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    chunks++
  }
  return {
    status: response.status,
    headers: response.headers,
    text,
    chunks,
    get json() {
      return JSON.parse(text)
    }
  }
}

/** The token of a consent page's form. */
export const tokenIn = (html: string): string => /name="token" value="([^"]*)"/.exec(html)?.[1] ?? ""

/** The three endpoints, and anything else, of a sandbox behind some `fetch`. */
export const caller = (
  fetch: (url: string, init?: RequestInit) => Promise<Response>,
  origin: string,
  apiKey: string
) => {
  const send: Send = async (path, init) => read(await fetch(`${origin}${path}`, { redirect: "manual", ...init }))
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    send(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body)
    })
  return {
    send,
    create: (body: unknown = { callback_url: callbackUrl }, headers?: Record<string, string>) =>
      post("/api/v1/auth/keys/code", body, { authorization: `Bearer ${apiKey}`, ...headers }),
    exchange: (body: unknown) => post("/api/v1/auth/keys", body),
    key: (key = apiKey) => send("/api/v1/key", { headers: { authorization: `Bearer ${key}` } }),
    /** Sends the consent page's form, with the token of a page of this sandbox. */
    form: async (fields: Record<string, string>) => {
      const page = await send(`/auth?${new URLSearchParams({ callback_url: callbackUrl })}`)
      const body = new URLSearchParams({ token: tokenIn(page.text), ...fields })
      return send("/auth", { method: "POST", body })
    }
  }
}

/** A sandbox in process, as plain code sees it. */
export const inProcess = (options?: Sandbox.Options) => {
  const web = Sandbox.toWebHandler(options)
  const calls = caller((url, init) => web.handler(new Request(url, init)), "https://openrouter.ai", web.apiKey)
  return { ...web, ...calls }
}

export const plain = (secret: string | Redacted.Redacted<string> | undefined) =>
  Redacted.isRedacted(secret) ? Redacted.value(secret) : secret
