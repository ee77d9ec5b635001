import { assert, describe, it } from "@effect/vitest"
import * as ApiKey from "effect-openrouter-oauth/ApiKey"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import * as SignIn from "effect-openrouter-oauth/SignIn"

describe("a service is found under a name that no other package has, also by a second copy of this one", () => {
  it.each([
    ["ApiKey", ApiKey.ApiKey],
    ["OAuthClient", OAuthClient.OAuthClient],
    ["PendingSignIns", PendingSignIns.PendingSignIns],
    ["Pkce", Pkce.Pkce],
    ["RetryPolicy", RetryPolicy.RetryPolicy],
    ["SignIn", SignIn.SignIn]
  ])("%s", (name, tag) => assert.strictEqual(tag.key, `effect-openrouter-oauth/${name}`))
})
