import * as Effect from "effect/Effect"
import { OAuthClient } from "../../OAuthClient.js"
import * as Client from "../client.js"
import { print } from "../output.js"

export interface UrlOptions {
  readonly callback: string | undefined
  readonly challenge: string | undefined
  readonly method: "S256" | "plain" | undefined
  readonly state: string | undefined
  readonly limit: number | undefined
  readonly keyLabel: string | undefined
  readonly workspace: string | undefined
  readonly json: boolean
}

export const run = (options: UrlOptions) =>
  Effect.gen(function* () {
    const client = yield* OAuthClient
    const { href } = yield* client.createAuthorizationUrl({
      callbackUrl: options.callback,
      codeChallenge: options.challenge,
      codeChallengeMethod: options.method,
      state: options.state,
      limit: options.limit,
      keyLabel: options.keyLabel,
      workspaceId: options.workspace
    })
    yield* print(options.json, { url: href }, href)
  }).pipe(Effect.provide(Client.layer()))
