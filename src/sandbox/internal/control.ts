/** `/__sandbox`: the JSON API by which tests in any language control a sandbox on a port, and a page that shows its state. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { issuesOf } from "../../internal/invalid.js"
import type { Service } from "../../Sandbox.js"
import { controlPage } from "./controlPage.js"
import { endpoints } from "./endpoints.js"
import { errorShapes } from "./errorBody.js"
import { breakages, type Fault } from "./Fault.js"
import * as Reply from "./Reply.js"
import type { ReceivedRequest } from "./Requests.js"
import { iso } from "./SandboxClock.js"

const root = "/__sandbox"

/** A header that pages of other sites cannot send: browsers ask first (CORS), and the sandbox never allows it. */
const guard = "x-openrouter-sandbox"

const must = (rule: string) => ({ message: () => ({ message: rule, override: true }) })

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(schema)

const oneOf = <A extends string>(words: ReadonlyArray<A>) =>
  Schema.Literal(...words).annotations(must(`must be one of ${words.join(", ")}`))

const Time = Schema.Union(Schema.String, Schema.Number)
  .pipe(Schema.filter((time) => time === "forever" || Option.isSome(Duration.decodeUnknown(time))))
  .annotations(must('must be a time such as "10 minutes", or milliseconds'))

const durationOf = (time: string | number): Duration.Duration =>
  time === "forever" ? Duration.infinity : Option.getOrElse(Duration.decodeUnknown(time), () => Duration.zero)

const operations = [...new Set(endpoints.map(({ operation }) => operation))]

/** A fault as JSON: durations in words or milliseconds, and `forever` in place of Infinity. */
const FaultJson = Schema.Struct({
  operation: optional(oneOf(operations)),
  times: optional(
    Schema.Union(Schema.Literal("forever"), Schema.Int.pipe(Schema.positive())).annotations(
      must("must be a whole number above 0, or forever")
    )
  ),
  delay: optional(Time),
  status: optional(Schema.Int.pipe(Schema.between(200, 599)).annotations(must("must be a status from 200 to 599"))),
  body: optional(
    Schema.Union(oneOf(errorShapes), Schema.Struct({ contentType: Schema.String, content: Schema.String })).annotations(
      must(`must be one of ${errorShapes.join(", ")}, or an object of contentType and content`)
    )
  ),
  message: optional(Schema.String.annotations(must("must be a string"))),
  retryAfter: optional(Time),
  headers: optional(
    Schema.Record({ key: Schema.String, value: Schema.String }).annotations(must("must be an object of strings"))
  ),
  breakage: optional(oneOf(breakages)),
  processed: optional(Schema.Boolean.annotations(must("must be true or false")))
})

const faultOf = ({ delay, retryAfter, times, ...fault }: typeof FaultJson.Type): Fault => ({
  ...fault,
  ...(times !== undefined && { times: times === "forever" ? Number.POSITIVE_INFINITY : times }),
  ...(delay !== undefined && { delay: durationOf(delay) }),
  ...(retryAfter !== undefined && { retryAfter: durationOf(retryAfter) })
})

const millisOrForever = (time: Duration.DurationInput): number | "forever" => {
  const duration = Duration.decode(time)
  return Duration.isFinite(duration) ? Duration.toMillis(duration) : "forever"
}

const faultJson = ({ body, delay, retryAfter, times, ...fault }: Fault) => ({
  ...fault,
  ...(times !== undefined && { times: Number.isFinite(times) ? times : "forever" }),
  ...(delay !== undefined && { delay: millisOrForever(delay) }),
  ...(retryAfter !== undefined && { retryAfter: millisOrForever(retryAfter) }),
  ...(body !== undefined && {
    body:
      typeof body === "object" && typeof body.content !== "string"
        ? { ...body, content: new TextDecoder().decode(body.content) }
        : body
  })
})

const KeyJson = Schema.Struct({
  limit: optional(
    Schema.NullOr(Schema.Number.pipe(Schema.nonNegative(), Schema.finite())).annotations(
      must("must be an amount in US dollars, 0 or more, or null")
    )
  ),
  label: optional(Schema.String.annotations(must("must be a string"))),
  expiresAt: optional(
    Schema.NullOr(Schema.DateFromString.pipe(Schema.validDate())).annotations(must("must be an ISO 8601 date, or null"))
  )
})

const ClockJson = Schema.Struct({ advance: Time })

const SubjectJson = Schema.Struct({
  sub: optional(Schema.NonEmptyString.annotations(must("must be a string that is not empty"))),
  expiresIn: optional(Time)
})

const refused = (status: number, error: string, headers?: Readonly<Record<string, string>>) =>
  Reply.json(status, { error }, headers)

const sentence = (error: ParseResult.ParseError): string =>
  issuesOf(error)
    .map(({ message, path }) => (path === "" ? "The body must be a JSON object" : `${path} ${message}`))
    .join("; ")

/** Reads a body; an empty one counts as `{}`. If it does not match, the answer names the field. */
const withBody = <A, I>(
  request: Reply.Incoming,
  schema: Schema.Schema<A, I>,
  use: (body: A) => Effect.Effect<Reply.Reply>
): Effect.Effect<Reply.Reply> => {
  const decode = Schema.decodeUnknown(Schema.parseJson(schema), { errors: "all", onExcessProperty: "error" })
  return Effect.flatMap(request.text, (text) =>
    text === undefined
      ? Effect.succeed(refused(413, "The body is larger than 64 KiB."))
      : Effect.matchEffect(decode(text.trim() === "" ? "{}" : text), {
          onFailure: (error) => Effect.succeed(refused(400, `${sentence(error)}.`)),
          onSuccess: use
        })
  )
}

const requestJson = ({ receivedAt, ...request }: ReceivedRequest) => ({
  ...request,
  receivedAt: iso(receivedAt)
})

interface Route {
  /** Below `/__sandbox`. */
  readonly path: string
  readonly method: "GET" | "POST" | "DELETE"
  readonly answer: (request: Reply.Incoming) => Effect.Effect<Reply.Reply>
}

const done = Reply.json(200, { status: "ok" })

const route = (method: Route["method"], path: string, answer: Route["answer"]): Route => ({ method, path, answer })

const routesOf = ({ clock, faults, keys, requests, reset, subjectTokens }: Service): ReadonlyArray<Route> => {
  const pending = Effect.map(faults.pending, (left) => Reply.json(200, { faults: left.map(faultJson) }))
  const state = Effect.all({ faults: faults.pending, keys: keys.all, requests: requests.all, now: clock.now })
  return [
    route("GET", "", () => Effect.map(state, controlPage)),
    route("GET", "/health", () => Effect.succeed(done)),
    route("GET", "/requests", () =>
      Effect.map(requests.all, (all) => Reply.json(200, { requests: all.map(requestJson) }))
    ),
    route("DELETE", "/requests", () => Effect.as(requests.clear, done)),
    route("GET", "/faults", () => pending),
    route("POST", "/faults", (request) =>
      withBody(request, FaultJson, (fault) => Effect.zipRight(faults.add(faultOf(fault)), pending))
    ),
    route("DELETE", "/faults", () => Effect.zipRight(faults.clear(), pending)),
    route("POST", "/keys", (request) =>
      withBody(request, KeyJson, (options) =>
        Effect.map(keys.issue(options), (key) => Reply.json(200, { key: Redacted.value(key) }))
      )
    ),
    route("POST", "/clock", (request) =>
      withBody(request, ClockJson, ({ advance }) =>
        Effect.zipRight(
          clock.advance(durationOf(advance)),
          Effect.map(clock.now, (now) => Reply.json(200, { now: iso(now) }))
        )
      )
    ),
    route("POST", "/subject-tokens", (request) =>
      withBody(request, SubjectJson, ({ expiresIn, sub }) =>
        Effect.map(
          subjectTokens.issue({ sub, expiresIn: expiresIn === undefined ? undefined : durationOf(expiresIn) }),
          (token) => Reply.json(200, { subjectToken: Redacted.value(token) })
        )
      )
    ),
    route("POST", "/reset", () => Effect.as(reset, done))
  ]
}

const answerTo = (request: Reply.Incoming, routes: ReadonlyArray<Route>): Effect.Effect<Reply.Reply> => {
  const path = request.url.pathname.slice(root.length).replace(/\/$/, "")
  const here = routes.filter((route) => route.path === path)
  if (here.length === 0) {
    const known = [...new Set(routes.map((route) => root + route.path))]
    return Effect.succeed(refused(404, `There is no such path. Known paths: ${known.join(", ")}.`))
  }
  const method = request.method === "HEAD" ? "GET" : request.method
  const route = here.find((route) => route.method === method)
  if (route === undefined) {
    const allow = here.map(({ method }) => method).join(", ")
    return Effect.succeed(refused(405, `${root}${path} takes ${allow}.`, { allow }))
  }
  if (method !== "GET" && Reply.headerOf(request, guard) === undefined) {
    return Effect.succeed(
      refused(
        403,
        `The header ${guard} is missing. Send it with any value: it proves that no page of another site sent this request.`
      )
    )
  }
  return route.answer(request)
}

/** Answers requests below `/__sandbox`; returns undefined for all others. */
export const control = (sandbox: Service): ((request: Reply.Incoming) => Effect.Effect<Reply.Reply> | undefined) => {
  const routes = routesOf(sandbox)
  return (request) => {
    const { pathname } = request.url
    if (pathname !== root && !pathname.startsWith(`${root}/`)) return undefined
    return Effect.map(answerTo(request, routes), (reply) =>
      Reply.withHeaders(reply, { "cache-control": "no-store", "x-content-type-options": "nosniff" })
    )
  }
}
