/** Answers requests: routes, faults, CORS and the log. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { openApi } from "./api.js"
import { type AuthorizeSettings, decide, show } from "./authorize.js"
import { docsPage } from "./docsPage.js"
import { endpoints } from "./endpoints.js"
import { errorBody, htmlError, standardError } from "./errorBody.js"
import * as Fault from "./Fault.js"
import * as Reply from "./Reply.js"
import { describe, type RequestLog } from "./Requests.js"

export interface AnswerSettings extends AuthorizeSettings {
  readonly faults: Fault.FaultQueue
  readonly log: RequestLog
}

const apiPrefix = "/api/v1/"

/** As measured on openrouter.ai: a page cannot read `Retry-After`. */
const cors = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "X-Generation-Id, X-Provider-Name, request-id, cf-ray"
}

const preflight = Reply.empty(204, {
  ...cors,
  "access-control-allow-methods": "GET, POST, OPTIONS",
  "access-control-allow-headers":
    "Authorization, Content-Type, HTTP-Referer, X-OpenRouter-Title, X-Title, X-OpenRouter-Categories",
  "access-control-max-age": "600"
})

const notFound = ({ profile }: AnswerSettings): Reply.Reply =>
  profile === "observed" ? htmlError(404, "Not Found") : standardError(404, "Not Found")

const wrongMethod = (settings: AnswerSettings, allow: string): Reply.Reply =>
  settings.profile === "observed" ? notFound(settings) : standardError(405, "Method Not Allowed", { allow })

const pageRoute = (settings: AnswerSettings, request: Reply.Incoming, isRead: boolean): Effect.Effect<Reply.Reply> => {
  switch (request.url.pathname) {
    case "/auth":
      if (isRead) return show(settings, request)
      return request.method === "POST"
        ? decide(settings, request)
        : Effect.succeed(wrongMethod(settings, "GET, HEAD, POST"))
    case "/":
    case "/docs":
      return Effect.succeed(isRead ? docsPage() : wrongMethod(settings, "GET, HEAD"))
    case "/openapi.json":
      return Effect.succeed(isRead ? Reply.json(200, openApi(), cors) : wrongMethod(settings, "GET, HEAD"))
    default:
      return Effect.succeed(notFound(settings))
  }
}

/** Answers one request and logs it. */
export const answer = (settings: AnswerSettings, request: Reply.Incoming): Effect.Effect<Reply.Reply> =>
  Effect.gen(function* () {
    const receivedAt = yield* settings.clock.now
    const { pathname } = request.url
    const isApi = pathname.startsWith(apiPrefix)
    const isRead = request.method === "GET" || request.method === "HEAD"
    const endpoint = endpoints.find(({ path }) => path === pathname)
    const hit =
      endpoint !== undefined && (endpoint.method === request.method || (endpoint.method === "GET" && isRead))
        ? endpoint
        : undefined
    const fault = hit && settings.faults.take(hit.operation)

    const route = (): Effect.Effect<Reply.Reply> => {
      if (hit !== undefined) return hit.answer(settings, request)
      if (isApi && request.method === "OPTIONS") return Effect.succeed(preflight)
      if (endpoint !== undefined) return Effect.succeed(wrongMethod(settings, `${endpoint.method}, OPTIONS`))
      return isApi ? Effect.succeed(notFound(settings)) : pageRoute(settings, request, isRead)
    }
    const shape = hit?.errorShape ?? "standard"
    const normal =
      fault === undefined || Fault.isProcessed(fault) ? yield* route() : errorBody(shape, 500, "Internal Server Error")
    const wrong = fault === undefined ? normal : Fault.apply(fault, normal, pathname, shape)
    const reply = {
      ...wrong,
      headers: { "request-id": `req_${crypto.randomUUID()}`, ...(isApi && cors), ...wrong.headers }
    }

    settings.log.add({
      ...describe(request),
      receivedAt,
      operation: hit?.operation,
      status: reply.status,
      breakage: fault?.breakage
    })
    if (fault?.delay !== undefined) {
      const delay = Duration.decode(fault.delay)
      yield* Duration.isFinite(delay) ? Effect.sleep(delay) : Effect.never
    }
    return reply
  })
