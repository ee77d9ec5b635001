/** The two calls that everything here measures: what is sent, and what comes back. All made up. */
export const sent = {
  code: "auth_code_fake",
  codeVerifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
  codeChallengeMethod: "S256"
}
export const created = {
  callbackUrl: "https://app.example/callback",
  codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  codeChallengeMethod: "S256"
}
export const apiKey = "sk-or-v1-fakeofthedeveloper"
export const path = "/api/v1/auth/keys"
export const createPath = `${path}/code`
export const answer = { key: "sk-or-v1-fake0123456789abcdef", user_id: "user_fake" }
export const createAnswer = { data: { id: sent.code, app_id: 7, created_at: "2026-01-02T03:04:05.000Z" } }
const refusal = { error: { code: 403, message: "Invalid code or code_verifier" } }

/** A deadline that never ends a call, where the case has one. */
export const timeoutMs = 30_000

const headers = { "content-type": "application/json" }
const code = JSON.stringify(createAnswer)

/** What fetch is asked for: a string, a URL or a Request. */
const addressOf = (input) => (typeof input === "string" ? input : (input.url ?? input.href))

/** Creates are granted; exchanges are answered by this. */
const answering = (status, value) => {
  const body = JSON.stringify(value)
  return async (input) =>
    addressOf(input).endsWith(createPath) ? new Response(code, { headers }) : new Response(body, { status, headers })
}

/** Stubs of `fetch`: they look at nothing but the path, and send nothing. */
export const granting = answering(200, answer)
export const refusing = answering(403, refusal)

/**
 * A stub that answers as the given one does and notes what it was asked: every subject has to ask for the same.
 * The SDK hands over a Request, others a URL and an init.
 */
export const noting = (stub) => {
  const notes = []
  const fetch = async (...input) => {
    const request = new Request(...input)
    const { pathname } = new URL(request.url)
    notes.push({ method: request.method, pathname, body: await request.json() })
    return stub(...input)
  }
  return { fetch, notes }
}
