/** What a browser does in a loopback sign-in, by plain requests: `fetch` says in its headers that it is no navigation. */
import * as Http from "node:http"
import * as Effect from "effect/Effect"

export interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

export const request = (url: string | URL, options: Http.RequestOptions = {}): Effect.Effect<Answer> =>
  Effect.async((resume) => {
    const sent = Http.request(url, options, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (chunk) => {
        body += chunk
      })
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, body }))
      )
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end()
  })

/** The cookies that an answer sets, as a `Cookie` header sends them back. */
export const cookiesOf = ({ headers }: Answer): string =>
  (headers["set-cookie"] ?? []).map((cookie) => cookie.split(";", 1)[0]).join("; ")

/** Opens the start address as the first browser: its cookies, and OpenRouter's page. */
export const enter = (url: URL): Effect.Effect<{ readonly cookie: string; readonly authorizationUrl: URL }> =>
  Effect.map(request(url), (answer) => ({
    cookie: cookiesOf(answer),
    authorizationUrl: new URL(answer.headers.location ?? "")
  }))

/** Follows the start address, and the sandbox that approves by itself, to the page that a person ends up at. */
export const browse = (url: URL): Effect.Effect<string> =>
  Effect.gen(function* () {
    const { authorizationUrl, cookie } = yield* enter(url)
    const consent = yield* request(authorizationUrl)
    const { body } = yield* request(new URL(consent.headers.location ?? ""), { headers: { cookie } })
    return body
  })
