/** Makes a client. Every call runs on a service that is made of the client's options, or of the call's own. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { sendByFetch } from "../../client/fetchTransport.js"
import { makeService, type Service } from "../../client/service.js"
import type { Request } from "../../client/transport.js"
import { defined } from "../../internal/defined.js"
import { makeRunner, runPromise } from "../../internal/promise.js"
import { InvalidRequest } from "../../OAuthError.js"
import { codeChallenge } from "./codeChallenge.js"
import type { CallOptions, ClientOptions, PromiseClient } from "./models.js"
import { callIssues, clientIssues, isSignal } from "./options.js"
import { withRetries } from "./retries.js"

const services = new WeakMap<PromiseClient, Effect.Effect<Service, InvalidRequest>>()

/** Returns the service of a client. Fails if `createClient` did not make it. `operation` is the function that was given the client. */
export const serviceOfClient = (client: PromiseClient, operation: string): Effect.Effect<Service, InvalidRequest> =>
  services.get(client) ??
  Effect.fail(new InvalidRequest({ operation, issues: [{ path: "client", message: "must come from createClient" }] }))

/**
 * Makes a client of OpenRouter's OAuth endpoints, with promises and plain strings. Never throws: with invalid options every call rejects
 * with `InvalidRequest`.
 *
 * @example
 * ```ts
 * import { createClient } from "effect-openrouter-oauth/PromiseClient"
 * import { Forbidden } from "effect-openrouter-oauth/OAuthError"
 *
 * const client = createClient({ appTitle: "My app" })
 *
 * export const keyFor = async (code: string, codeVerifier: string): Promise<string | undefined> => {
 *   try {
 *     const { key } = await client.exchangeAuthCodeForAPIKey({ code, codeVerifier })
 *     return key
 *   } catch (error) {
 *     if (error instanceof Forbidden) return undefined // error.reason tells why
 *     throw error
 *   }
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const createClient = (input?: ClientOptions): PromiseClient => {
  const options = input ?? {}
  const service = serviceOf("createClient", options)
  const runner = makeRunner("The client")

  const run = <A, E>(
    operation: string,
    use: (service: Service) => Effect.Effect<A, E>,
    callOptions?: CallOptions
  ): Promise<A> => {
    if (!callOptions) return runner.run(Effect.flatMap(service, (made) => withRetries(options)(use(made))))
    const settings = { ...options, ...defined(callOptions) }
    const issues = callIssues(callOptions, settings)
    const effect =
      issues.length > 0
        ? Effect.fail(new InvalidRequest({ operation, issues }))
        : Effect.flatMap(
            needsOwnService(callOptions) ? serviceOf(operation, settings, callOptions) : service,
            use
          ).pipe(withRetries(settings))
    return runner.run(effect, isSignal(callOptions.signal) ? callOptions.signal : undefined)
  }

  const client: PromiseClient = {
    createAuthCode: async (request, call) => {
      const { id, ...rest } = await run("createAuthCode", (service) => service.createAuthCode(request), call)
      return { id: Redacted.value(id), ...rest }
    },
    exchangeAuthCodeForAPIKey: async (request, call) => {
      const { key, userId } = await run(
        "exchangeAuthCodeForAPIKey",
        (service) =>
          service.exchangeAuthCodeForAPIKey({
            ...request,
            code: Redacted.make(request?.code),
            codeVerifier: request?.codeVerifier === undefined ? undefined : Redacted.make(request.codeVerifier)
          }),
        call
      )
      return { key: Redacted.value(key), userId }
    },
    getCurrentKey: (key, call) => run("getCurrentKey", (service) => service.getCurrentKey(Redacted.make(key)), call),
    createOauthToken: async (request, call) => {
      const { accessToken, ...rest } = await run(
        "createOauthToken",
        (service) => service.createOauthToken({ ...request, subjectToken: Redacted.make(request?.subjectToken) }),
        call
      )
      return { accessToken: Redacted.value(accessToken), ...rest }
    },
    listOauthJwks: (call) => run("listOauthJwks", (service) => service.listOauthJwks, call),
    createAuthorizationUrl: async (request) => {
      const url = await run("createAuthorizationUrl", (service) => service.createAuthorizationUrl(request))
      return url.href
    },
    createSHA256CodeChallenge: (params) => runPromise(codeChallenge(params)),
    dispose: runner.dispose
  }
  services.set(client, service)
  return client
}

/** Whether a call has settings that a service is made with. */
const needsOwnService = (call: CallOptions): boolean =>
  call.baseUrl !== undefined ||
  call.timeoutMs !== undefined ||
  call.httpReferer !== undefined ||
  call.appTitle !== undefined ||
  call.appCategories !== undefined ||
  call.headers !== undefined ||
  call.fetchOptions !== undefined

const serviceOf = (
  operation: string,
  { apiKey, fetch, timeoutMs, ...options }: ClientOptions,
  { fetchOptions, headers }: CallOptions = {}
): Effect.Effect<Service, InvalidRequest> => {
  const issues = clientIssues({ ...options, fetch, timeoutMs })
  if (issues.length > 0) return Effect.fail(new InvalidRequest({ operation, issues }))
  const send = sendByFetch(() => ({ fetch, init: fetchOptions }))
  const made = Effect.runSync(
    Effect.either(
      makeService(operation, headers ? (request, attempt) => send(withHeaders(request, headers), attempt) : send, {
        ...options,
        apiKey:
          typeof apiKey === "function"
            ? askFor(operation, apiKey)
            : apiKey === undefined
              ? undefined
              : Redacted.make(apiKey),
        timeout: timeoutMs
      })
    )
  )
  return Either.isRight(made) ? Effect.succeed(made.right) : Effect.fail(made.left)
}

const withHeaders = (request: Request, headers: Readonly<Record<string, string>>): Request => ({
  ...request,
  headers: { ...request.headers, ...Object.fromEntries(new Headers(headers)) }
})

const askFor = (
  operation: string,
  apiKey: () => string | Promise<string>
): Effect.Effect<Redacted.Redacted, InvalidRequest> =>
  Effect.tryPromise({
    try: async () => Redacted.make(await apiKey()),
    // The thrown error may hold the key.
    catch: () =>
      new InvalidRequest({
        operation,
        issues: [{ path: "apiKey", message: "is a function that failed: mend it, or give the key itself" }]
      })
  })
