import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { ApiKey } from "effect-openrouter-oauth/ApiKey"
import * as BrowserOpener from "effect-openrouter-oauth/node/BrowserOpener"
import { CredentialStore, CredentialStoreError, layerMemory } from "effect-openrouter-oauth/node/CredentialStore"
import * as DefaultApiKey from "effect-openrouter-oauth/node/DefaultApiKey"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import { browse } from "../util/loopback.js"

const signIn = { onWaiting: () => Effect.void, keyLabel: "My tool" }

const consenting = Layer.succeed(BrowserOpener.BrowserOpener, {
  open: (url) => Effect.as(Effect.forkDaemon(browse(url)), true)
})

const variables = (entries: Record<string, string>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(entries))))

const get = Effect.flatMap(ApiKey, (apiKey) => apiKey.get)

describe("DefaultApiKey.layer", () => {
  it.live("takes the environment before the store, and the store before a sign-in", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* SandboxServer
      const store = yield* CredentialStore
      const key = (environment: Record<string, string>) =>
        get.pipe(
          Effect.provide(
            DefaultApiKey.layer({
              signIn,
              client: { baseUrl },
              store: Layer.succeed(CredentialStore, store),
              browser: consenting
            })
          ),
          variables(environment)
        )
      const asked = yield* key({})
      assert.strictEqual(asked.source, "sign-in")
      const stored = yield* Effect.flatten(store.get({ baseUrl }))
      assert.strictEqual(Redacted.value(stored.key), Redacted.value(asked.key))
      assert.strictEqual(stored.label, "My tool")
      assert.strictEqual((yield* key({})).source, "store")
      assert.strictEqual((yield* key({ OPENROUTER_API_KEY: "sk-or-v1-fake" })).source, "environment")
    }).pipe(Effect.provide([layerServer({ approve: true }), layerMemory]))
  )

  it.live("gives the key of a sign-in that cannot be saved in the cause of the error", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* SandboxServer
      const full = Layer.succeed(CredentialStore, {
        get: () => Effect.succeedNone,
        set: (_, credential) =>
          new CredentialStoreError({ operation: "set", reason: "Io", path: null, message: "full", credential }),
        remove: () => Effect.succeed(false),
        list: Effect.succeed([])
      })
      const error = yield* Effect.flip(
        get.pipe(
          Effect.provide(DefaultApiKey.layer({ signIn, client: { baseUrl }, store: full, browser: consenting })),
          variables({})
        )
      )
      assert(error._tag === "ApiKeyUnavailable" && error.cause instanceof CredentialStoreError)
      const key = Option.fromNullable(error.cause.credential?.key)
      assert.match(Redacted.value(yield* key), /^sk-or-/)
    }).pipe(Effect.provide(layerServer({ approve: true })))
  )

  it.live("takes a workload's access token before the environment", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* SandboxServer
      const { subjectTokens } = yield* Sandbox
      const workload = { federationPolicyId: "policy_sandbox", subjectToken: subjectTokens.issue() }
      const found = yield* get.pipe(
        Effect.provide(DefaultApiKey.layer({ client: { baseUrl }, workload, signIn: false, store: layerMemory })),
        variables({ OPENROUTER_API_KEY: "sk-or-v1-fake" })
      )
      assert.strictEqual(found.source, "workload")
      const response = yield* Effect.promise(() =>
        fetch(`${baseUrl}/key`, { headers: { authorization: `Bearer ${Redacted.value(found.key)}` } })
      )
      assert.strictEqual(response.status, 200)
    }).pipe(Effect.provide(layerServer()))
  )
})
