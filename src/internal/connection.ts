/** The calls of a service: each one's request, its attempts and their deadline. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { type InvalidRequest, type OAuthError, TimedOut, type TransportError } from "../OAuthError.js"
import type { Attribution } from "../OAuthSchema.js"
import { RetryPolicy } from "../RetryPolicy.js"
import { fetchAnswer, secure } from "./answer.js"
import { attributionHeaders, attributionIssues, CurrentAttribution, defined } from "./attribution.js"
import type { Endpoint } from "./endpoint.js"
import { refuse } from "./issues.js"
import { observed } from "./observed.js"
import { connectionError, outcomeOf } from "./outcome.js"

/** What one call sends. */
export interface Call {
  readonly bearer?: string | undefined
  readonly body?: object | undefined
  /** Never to be shown, beside the bearer. */
  readonly secrets?: ReadonlyArray<string | null | undefined>
}

/** A service's way to the API. `context` is what stood when the service was made: the caller's own wins over it. */
export const connect = (
  httpClient: HttpClient.HttpClient,
  settings: {
    readonly baseUrl: URL
    readonly timeout: Duration.Duration
    readonly attribution: Attribution
    readonly context: Context.Context<never>
  }
) => {
  const client = secure(refusingRedirects(httpClient, settings.context))
  const { host, href } = settings.baseUrl
  const prefix = href.replace(/\/$/, "")
  const named = { ...Context.get(settings.context, CurrentAttribution), ...defined(settings.attribution) }

  /** Sends what `input` asks for. The input is part of the operation: what it refuses is in its span and its metric. */
  const call = <A, E extends OAuthError>(
    endpoint: Endpoint<A, E>,
    input: Effect.Effect<Call, InvalidRequest>
  ): Effect.Effect<A, E | TransportError> =>
    observed(endpoint.operation, (progress) =>
      Effect.gen(function* () {
        const caller = yield* Effect.context<never>()
        const { bearer, body, secrets = [] } = yield* input
        const attribution = { ...named, ...defined(Context.get(caller, CurrentAttribution)) }
        yield* refuse(endpoint.operation, attributionIssues(attribution))
        const bare = HttpClientRequest.make(endpoint.method)(`${prefix}${endpoint.path}`, {
          headers: defined({
            ...attributionHeaders(attribution),
            accept: "application/json",
            authorization: bearer && `Bearer ${bearer}`
          })
        })
        const request = body === undefined ? bare : HttpClientRequest.bodyUnsafeJson(bare, body)
        const known = [bearer, ...secrets].filter((secret) => typeof secret === "string")

        const attempt = Effect.suspend(() => {
          progress.attempts++
          progress.status = undefined
          return fetchAnswer(client, request)
        }).pipe(
          Effect.mapError((error) => connectionError(endpoint.operation, host, error)),
          // A body that cannot be cancelled must hold up neither the deadline nor an interruption. The fiber that is
          // disconnected gives its error as a value: Effect logs those that fail unobserved.
          Effect.either,
          Effect.disconnect,
          Effect.timeoutFail({
            duration: settings.timeout,
            onTimeout: () => new TimedOut({ operation: endpoint.operation, timeout: settings.timeout })
          }),
          Effect.flatten,
          Effect.flatMap((answer) => {
            progress.status = answer.status
            return outcomeOf(endpoint, answer, host, known)
          })
        )
        return yield* retrying(attempt, Context.get(Context.merge(settings.context, caller), RetryPolicy))
      })
    )

  return { call }
}

/** Clients over fetch are told not to follow redirects, whatever their other settings are. */
const refusingRedirects = (client: HttpClient.HttpClient, built: Context.Context<never>): HttpClient.HttpClient =>
  HttpClient.transformResponse(
    client,
    Effect.mapInputContext((caller: Context.Context<never>) =>
      Context.add(caller, FetchHttpClient.RequestInit, {
        ...built.unsafeMap.get(FetchHttpClient.RequestInit.key),
        ...caller.unsafeMap.get(FetchHttpClient.RequestInit.key),
        redirect: "manual"
      })
    )
  )

/**
 * Sends again as the policy says. `Retry-After` goes over the schedule's delay; a longer one than the policy allows ends it.
 */
const retrying = <A, E extends OAuthError>(attempt: Effect.Effect<A, E>, policy: RetryPolicy): Effect.Effect<A, E> =>
  Effect.retry(attempt, {
    while: (error) =>
      policy.shouldRetry(error) && (retryAfterOf(error) ?? 0) <= Duration.toMillis(policy.maxRetryAfter),
    schedule: policy.schedule.pipe(
      Schedule.zipRight(Schedule.identity<OAuthError>()),
      Schedule.modifyDelay((error, delay) => retryAfterOf(error) || delay)
    )
  })

const retryAfterOf = (error: OAuthError): number | undefined =>
  "retryAfterMillis" in error ? error.retryAfterMillis : undefined
