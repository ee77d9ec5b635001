/** The providers of a key on Node: the store, and a sign-in whose key is stored. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { type ApiKey, ApiKeyUnavailable, fromConfig, layer, type Provider, type ResolvedKey } from "../../ApiKey.js"
import { defaultBaseUrl } from "../../internal/url.js"
import * as OAuthClient from "../../OAuthClient.js"
import type { InvalidRequest } from "../../OAuthError.js"
import * as PendingSignIns from "../../PendingSignIns.js"
import * as SignIn from "../../SignIn.js"
import * as WorkloadIdentity from "../../WorkloadIdentity.js"
import { CredentialStore, type StoredCredential, type Where } from "../CredentialStore.js"
import * as LoopbackSignIn from "../LoopbackSignIn.js"
import { typedLines } from "./typedLines.js"

/** Returns the base URL of a key: the client's, or `OPENROUTER_BASE_URL`, or OpenRouter's. */
export const baseUrlOf = (given: string | URL | undefined): Effect.Effect<string | URL> =>
  given === undefined
    ? Effect.orElseSucceed(
        Effect.map(Config.option(Config.string("OPENROUTER_BASE_URL")), (url) =>
          Option.getOrElse(
            Option.filter(url, (text) => text.trim() !== ""),
            () => defaultBaseUrl
          )
        ),
        () => defaultBaseUrl
      )
    : Effect.succeed(given)

const unavailable = (source: string) => (cause: { readonly message: string }) =>
  new ApiKeyUnavailable({ source, message: cause.message, cause })

const resolved = (source: string, { expiresAt, key, userId }: StoredCredential): ResolvedKey => ({
  key,
  source,
  userId,
  ...(expiresAt !== undefined && { expiresAt })
})

/** Reads the store. A key that OpenRouter refused stays stored, in case the refusal was a mistake, but is not returned again. */
const stored = (where: Effect.Effect<Where>): Provider<CredentialStore> => {
  const refused = new Set<string>()
  return {
    source: "store",
    remedy: "Sign in with: npx effect-openrouter-oauth login",
    find: Effect.gen(function* () {
      const store = yield* CredentialStore
      const found = yield* Effect.mapError(store.get(yield* where), unavailable("store"))
      return found.pipe(
        Option.filter(({ key }) => !refused.has(Redacted.value(key))),
        Option.map((credential) => resolved("store", credential))
      )
    }),
    forget: ({ key }) => Effect.sync(() => void refused.add(Redacted.value(key)))
  }
}

/** A sign-in, and the label that its key is stored with. */
export interface Asking<E, R = never> {
  readonly signIn: Effect.Effect<Pick<SignIn.SignedIn, "key" | "userId">, E, R>
  readonly label: string | undefined
}

/** Signs in and saves the key, even if it is interrupted meanwhile. If the key cannot be saved, the error holds it. */
const signedIn = <E extends { readonly message: string }, R>(
  where: Effect.Effect<Where>,
  { label, signIn }: Asking<E, R>,
  forget: Provider<CredentialStore>["forget"]
): Provider<CredentialStore | R> => ({
  source: "sign-in",
  forget,
  find: Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { key, userId } = yield* restore(signIn)
      const store = yield* CredentialStore
      const credential = yield* store.set(yield* where, { key, userId, label })
      return Option.some(resolved("sign-in", credential))
    })
  ).pipe(Effect.mapError(unavailable("sign-in")))
})

/** Tries the program's own providers, then the environment, the store, and the sign-in if there is one. */
export const chain = <E extends { readonly message: string }, R = never>(
  first: ReadonlyArray<Provider>,
  where: Effect.Effect<Where>,
  asking: Asking<E, R> | undefined
): Layer.Layer<ApiKey, never, CredentialStore | R> => {
  const kept = stored(where)
  return layer<CredentialStore | R>(
    ...first,
    fromConfig(),
    kept,
    ...(asking === undefined ? [] : [signedIn(where, asking, kept.forget)])
  )
}

/** Makes a provider of a workload's access tokens, with a client of its own. */
export const workloadWith = <E extends { readonly message: string }>(
  client: Layer.Layer<OAuthClient.OAuthClient, InvalidRequest>,
  options: WorkloadIdentity.Options<E>
): Provider => {
  const provider = WorkloadIdentity.provider(options)
  return {
    ...provider,
    find: Effect.mapError(Effect.provide(provider.find, client), (error) =>
      error._tag === "InvalidRequest" ? unavailable("workload")(error) : error
    )
  }
}

/** Runs a whole sign-in, by the browser or by typed lines, with a client of its own. */
export const loopback = (
  client: OAuthClient.Options,
  baseUrl: Effect.Effect<string | URL>,
  options: LoopbackSignIn.Options
) =>
  Effect.flatMap(baseUrl, (url) =>
    LoopbackSignIn.signIn({ ...options, pasted: options.pasted ?? typedLines() }).pipe(
      Effect.provide(
        Layer.provide(SignIn.layer, [OAuthClient.layerFetch({ ...client, baseUrl: url }), PendingSignIns.layerMemory])
      )
    )
  )

/** Whether a person is at a terminal. */
const isAtTerminal = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

export const wantsSignIn = <A extends { readonly when?: "always" | "terminal" | undefined }>(
  signIn: A | false
): signIn is A => signIn !== false && (signIn.when !== "terminal" || isAtTerminal())
