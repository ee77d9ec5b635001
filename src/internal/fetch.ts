/** `fetch` as a way to the API, without the platform's: a stubbed exchange took half of the CPU so. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { read } from "./answer.js"
import type { Send } from "./attempt.js"

/** What `fetch` is told beside the request, and another `fetch` where there is one. */
export interface Settings extends RequestInit {
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** Sends by the settings that stand where a call is made. What a call sets itself goes over them. */
export const sendByFetch =
  (settingsOf: (caller: Context.Context<never>) => Settings): Send =>
  async ({ url, ...request }, { currentContext }, _, controller) => {
    const { fetch = globalThis.fetch, ...init } = settingsOf(currentContext)
    try {
      const response = await fetch(url, {
        ...init,
        ...request,
        headers: { ...(init.headers && Object.fromEntries(new Headers(init.headers))), ...request.headers },
        redirect: "manual",
        signal: controller.signal
      })
      const header = (name: string) => response.headers.get(name) ?? undefined
      return Effect.succeed(
        await read(
          { header, status: response.status },
          response.body,
          () => response.text(),
          () => controller.abort()
        )
      )
    } catch (cause) {
      return Effect.fail(cause)
    }
  }
