/** Sign-ins as programs in use send them, restated: each to the end, in both profiles. */
import { assert, describe, it } from "@effect/vitest"
import { codeChallenge, codeVerifier, inProcess } from "./support.js"

interface Program {
  readonly name: string
  /** The address that it opens, as it writes it. */
  readonly page: string
  /** What the browser is sent back to. */
  readonly back: RegExp
  /** The body of its exchange, without the code. */
  readonly exchange: Readonly<Record<string, string>>
}

const programs: ReadonlyArray<Program> = [
  {
    name: "a callback on localhost, a challenge, and the method said again",
    page: `/auth?callback_url=http%3A%2F%2Flocalhost%3A8484%2Fcallback%2Fcli&code_challenge=${codeChallenge}&code_challenge_method=S256`,
    back: /^http:\/\/localhost:8484\/callback\/cli\?code=/,
    exchange: { code_verifier: codeVerifier, code_challenge_method: "S256" }
  },
  {
    name: "a callback that is not percent-encoded, and a state",
    page: `/auth?callback_url=http://127.0.0.1:5555/callback&state=abc&code_challenge=${codeChallenge}&code_challenge_method=S256`,
    back: /^http:\/\/127\.0\.0\.1:5555\/callback\?code=.*&state=abc$/,
    exchange: { code_verifier: codeVerifier }
  },
  {
    name: "no challenge at all",
    page: "/auth?callback_url=http%3A%2F%2Flocalhost%3A5180%2Fcallback&state=csrf",
    back: /^http:\/\/localhost:5180\/callback\?code=.*&state=csrf$/,
    exchange: {}
  },
  {
    name: "a verifier without a challenge",
    page: "/auth?callback_url=http%3A%2F%2Flocalhost%3A5180%2Fcallback",
    back: /^http:\/\/localhost:5180\/callback\?code=/,
    exchange: { code_verifier: codeVerifier, code_challenge_method: "S256" }
  },
  {
    name: "a challenge without a method",
    page: `/auth?callback_url=http%3A%2F%2Flocalhost%3A3000&code_challenge=${codeChallenge}`,
    back: /^http:\/\/localhost:3000\/\?code=/,
    exchange: { code_verifier: codeVerifier }
  },
  {
    name: "an editor's own scheme, and parameters of its own",
    page: `/auth?callback_url=vscode%3A%2F%2Fpublisher.extension%2Fopenrouter&code_challenge=${codeChallenge}&code_challenge_method=S256&source=editor&version=2`,
    back: /^vscode:\/\/publisher\.extension\/openrouter\?code=/,
    exchange: { code_verifier: codeVerifier }
  }
]

describe.each(["documented", "observed"] as const)("programs in use, profile %s", (profile) => {
  it.each(programs)("$name", async ({ back, exchange, page }) => {
    const { send, ...calls } = inProcess({ profile, approve: true })
    const { headers, status } = await send(page)
    assert.strictEqual(status, 303)
    const location = headers.get("location") ?? ""
    assert.match(location, back)
    const code = new URL(location).searchParams.get("code")
    const { json, status: exchanged } = await calls.exchange({ code, ...exchange })
    assert.strictEqual(exchanged, 200)
    assert.strictEqual((await calls.key(json.key)).status, 200)
  })

  it("a challenge without its verifier gives no key", async () => {
    const { send, ...calls } = inProcess({ profile, approve: true })
    const { headers } = await send(`/auth?callback_url=http%3A%2F%2Flocalhost%2F&code_challenge=${codeChallenge}`)
    const code = new URL(headers.get("location") ?? "").searchParams.get("code")
    assert.isAtLeast((await calls.exchange({ code })).status, 400)
  })
})
