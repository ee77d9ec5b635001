/** `fetch` as a transport, without the platform's client in between: that is half of the CPU of a call. */
import type * as Context from "effect/Context"
import { tryPromiseWithin } from "./deadline.js"
import { ownFetch } from "./ownFetch.js"
import { Answer, readInto, type Send } from "./transport.js"

/** Another `fetch` than the runtime's own, and further options for it. */
export interface Settings {
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly init?: RequestInit | undefined
}

/** Sends by `fetch`, with the settings of the call's context. The request's own fields win over `init`. */
export const sendByFetch =
  (settingsOf: (context: Context.Context<never>) => Settings): Send =>
  ({ url, ...request }, attempt) =>
    tryPromiseWithin(attempt, async (signal) => {
      const { fetch = ownFetch, init } = settingsOf(attempt.context)
      const response = await fetch(url, {
        ...init,
        ...request,
        headers: { ...(init?.headers && Object.fromEntries(new Headers(init.headers))), ...request.headers },
        redirect: "manual",
        signal
      })
      // A stub may return anything. The request was made, so its outcome is unknown.
      if (typeof response?.status !== "number" || typeof response.headers?.get !== "function") {
        throw new TypeError("fetch gave no Response")
      }
      return readInto(
        new Answer(response.status, (name) => response.headers.get(name)),
        // React Native's responses have no such body.
        response.body?.getReader() ?? {
          read: async () => ({ done: true, value: new TextEncoder().encode(await response.text()) }),
          cancel: async () => {}
        }
      )
    })
