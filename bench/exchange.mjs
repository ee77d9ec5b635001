/** The one exchange that everything here measures: what is sent, and what comes back. All made up. */
export const sent = {
  code: "auth_code_fake",
  codeVerifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
  codeChallengeMethod: "S256"
}
export const path = "/api/v1/auth/keys"
export const answer = { key: "sk-or-v1-fake0123456789abcdef", user_id: "user_fake" }
const refusal = { error: { code: 403, message: "Invalid code or code_verifier" } }

/** A deadline that never ends a call, where the case has one. */
export const timeoutMs = 30_000

const answering = (status, value) => {
  const body = JSON.stringify(value)
  return async () => new Response(body, { status, headers: { "content-type": "application/json" } })
}

/** Stubs of `fetch`: they look at nothing and send nothing. */
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
