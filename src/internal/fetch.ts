/** `fetch` as a way to the API, without the platform's: a whole exchange takes half of its time so. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { read } from "./answer.js"
import type { Send } from "./attempt.js"

/** Sends by the `fetch` and the settings that stand where a call is made. What a call sets itself goes over them. */
export const sendByFetch =
  (
    fetchOf: (caller: Context.Context<never>) => typeof globalThis.fetch,
    initOf: (caller: Context.Context<never>) => RequestInit
  ): Send =>
  async ({ url, ...request }, { fiber: { currentContext } }, controller) => {
    try {
      const init = initOf(currentContext)
      const headers = { ...(init.headers && Object.fromEntries(new Headers(init.headers))), ...request.headers }
      const response = await fetchOf(currentContext)(url, {
        ...init,
        ...request,
        headers,
        redirect: "manual",
        signal: controller.signal
      })
      const header = (name: string) => response.headers.get(name) ?? undefined
      return Effect.succeed(
        await read(
          { header, status: response.status },
          response.body,
          async () => new Uint8Array(await response.arrayBuffer()),
          () => controller.abort()
        )
      )
    } catch (cause) {
      return Effect.fail(cause)
    }
  }
