/** Every answer of the sandbox against its own description. */
import { assert, describe, it } from "@effect/vitest"
import Ajv2020 from "ajv/dist/2020.js"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Answer, callbackUrl, codeChallenge, codeVerifier, inProcess } from "./support.js"

/** A sandbox, one request of each kind, and a validator of its document. */
const described = async () => {
  const web = inProcess()
  const document = (await web.send("/openapi.json")).json
  const ajv = new Ajv2020.default({ strict: false, validateFormats: false })
  ajv.addSchema(document, "api")
  const { create, exchange, sandbox, send } = web
  const userKey = Redacted.value(await Effect.runPromise(sandbox.keys.issue({ limit: 0.001 })))
  const subjectToken = Redacted.value(await Effect.runPromise(sandbox.subjectTokens.issue()))
  const as = (bearer: string) => ({ headers: { authorization: `Bearer ${bearer}` } })
  const form = (fields: Record<string, string>) =>
    send("/api/v1/oauth/token", {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        federation_policy_id: "policy_sandbox",
        ...fields
      })
    })
  const chat = (bearer: string, body: string) =>
    send("/api/v1/chat/completions", { method: "POST", body, ...as(bearer) })
  const hello = JSON.stringify({ messages: [{ role: "user", content: "Hello" }] })
  const code = async () =>
    (await create({ callback_url: callbackUrl, code_challenge: codeChallenge, code_challenge_method: "S256" })).json
      .data.id
  /** Uses the limit of the user's key up. */
  const spent = async () => {
    await chat(userKey, hello)
    return chat(userKey, hello)
  }
  const requests: Readonly<Record<string, () => Promise<Answer>>> = {
    "post /auth/keys/code 200": () => create(),
    "post /auth/keys/code 400": () => create({}),
    "post /auth/keys/code 401": () => create({}, { authorization: "Bearer none" }),
    "post /auth/keys 200": async () => exchange({ code: await code(), code_verifier: codeVerifier }),
    "post /auth/keys 400": () => exchange({}),
    "post /auth/keys 403": () => exchange({ code: "none" }),
    "get /key 200": () => web.key(),
    "get /key 401": () => web.key("none"),
    "get /auth/key 200": () => send("/api/v1/auth/key", as(userKey)),
    "get /auth/key 401": () => send("/api/v1/auth/key"),
    "post /oauth/token 200": () => form({ subject_token: subjectToken }),
    "post /oauth/token 400": () => form({ subject_token: "none" }),
    "post /oauth/token 413": () => form({ subject_token: "x".repeat(33_000) }),
    "get /oauth/jwks 200": () => send("/api/v1/oauth/jwks"),
    "get /models 200": () => send("/api/v1/models"),
    "get /models/user 200": () => send("/api/v1/models/user", as(userKey)),
    "get /models/user 401": () => send("/api/v1/models/user"),
    "get /credits 200": () => send("/api/v1/credits", as(web.apiKey)),
    "get /credits 401": () => send("/api/v1/credits"),
    "get /credits 403": () => send("/api/v1/credits", as(userKey)),
    "post /chat/completions 200": () => chat(userKey, hello),
    "post /chat/completions 400": () => chat(userKey, "{}"),
    "post /chat/completions 401": () => chat("none", hello),
    "post /chat/completions 402": spent
  }
  const problems = (name: string, answer: Answer) => {
    const [method = "", path = "", status = ""] = name.split(" ")
    const pointer = ["paths", path, method, "responses", status, "content", "application/json", "schema"]
      .map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1"))
      .map(encodeURIComponent)
      .join("/")
    const validate = ajv.getSchema(`api#/${pointer}`)
    if (validate === undefined) return `${name} is not described`
    return validate(answer.json) ? "" : ajv.errorsText(validate.errors)
  }
  return { requests, problems }
}

const names = [
  ...["post /auth/keys/code 200", "post /auth/keys/code 400", "post /auth/keys/code 401"],
  ...["post /auth/keys 200", "post /auth/keys 400", "post /auth/keys 403"],
  ...["get /key 200", "get /key 401", "get /auth/key 200", "get /auth/key 401"],
  ...["post /oauth/token 200", "post /oauth/token 400", "post /oauth/token 413", "get /oauth/jwks 200"],
  ...["get /models 200", "get /models/user 200", "get /models/user 401"],
  ...["get /credits 200", "get /credits 401", "get /credits 403"],
  ...["post /chat/completions 200", "post /chat/completions 400", "post /chat/completions 401"],
  "post /chat/completions 402"
]

describe("an answer is as the sandbox's own document describes it", () => {
  it.each(names)("%s", async (name) => {
    const { problems, requests } = await described()
    const answer = await requests[name]?.()
    assert(answer !== undefined)
    assert.strictEqual(answer.status, Number(name.split(" ")[2]))
    assert.strictEqual(problems(name, answer), "")
  })

  it("and one that is not would be found", async () => {
    const { problems, requests } = await described()
    const answer = await requests["get /key 200"]?.()
    assert(answer !== undefined)
    const { label: _, ...data } = answer.json.data
    assert.include(problems("get /key 200", { ...answer, json: { data } }), "label")
  })
})
