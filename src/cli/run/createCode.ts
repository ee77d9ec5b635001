import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { OAuthClient } from "../../OAuthClient.js"
import * as Client from "../client.js"
import { CommandFailed } from "../exit.js"
import { print, saysWhatItWaitsFor } from "../output.js"

export interface CreateCodeOptions {
  readonly callback: string | undefined
  readonly challenge: string | undefined
  readonly method: "S256" | "plain" | undefined
  readonly limit: number | undefined
  readonly limitReset: "daily" | "weekly" | "monthly" | undefined
  readonly expiresAt: DateTime.Utc | undefined
  readonly keyLabel: string | undefined
  readonly workspace: string | undefined
  readonly apiKeyFromEnv: string
  readonly json: boolean
}

const usage = (message: string) => new CommandFailed({ why: "usage", message })

export const run = (options: CreateCodeOptions) =>
  Effect.gen(function* () {
    const { apiKeyFromEnv, callback } = options
    if (callback === undefined) return yield* usage("The callback URL is missing. Name it with --callback.")
    const apiKey = yield* Client.variable(apiKeyFromEnv)
    if (Option.isNone(apiKey)) {
      return yield* usage(
        `There is no API key in ${apiKeyFromEnv}. Set it, or name another variable with --api-key-from-env.`
      )
    }
    const { appId, createdAt, id } = yield* Effect.flatMap(OAuthClient, (client) =>
      client.createAuthCode({
        callbackUrl: callback,
        codeChallenge: options.challenge,
        codeChallengeMethod: options.method,
        limit: options.limit,
        usageLimitType: options.limitReset,
        expiresAt: options.expiresAt,
        keyLabel: options.keyLabel,
        workspaceId: options.workspace
      })
    ).pipe(
      Effect.provide(Client.layer({ apiKey: Redacted.make(apiKey.value) })),
      saysWhatItWaitsFor("Asking for a code…")
    )
    const code = Redacted.value(id)
    yield* print(options.json, { id: code, appId, createdAt }, code)
  })
