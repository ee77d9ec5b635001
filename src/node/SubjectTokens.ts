/**
 * The tokens by which a platform identifies its workloads, for `WorkloadIdentity.provider`. A token is read each time it is needed.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs/promises"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { cleaner } from "../internal/redact.js"
import { isSecure, parse } from "../internal/url.js"
import { SubjectTokenUnavailable } from "../WorkloadIdentity.js"
import { codeOf } from "./internal/credentialBackend.js"

/** The errors of one of the functions here. */
const errorsOf = (operation: string) => ({
  absent: (message: string) => new SubjectTokenUnavailable({ operation, reason: "Absent", message }),
  failed: (message: string) => new SubjectTokenUnavailable({ operation, reason: "Failed", message })
})

const ofFile = errorsOf("SubjectTokens.fromFile")

const ofGitHub = errorsOf("SubjectTokens.fromGitHubActions")

/**
 * Reads a token from a file, such as the projected service account token of Kubernetes. The platform replaces the file from time to time.
 * Fails with `SubjectTokenUnavailable`: `Absent` if there is no file, `Failed` if it is empty or cannot be read.
 *
 * @example
 * ```ts
 * import * as SubjectTokens from "effect-openrouter-oauth/node/SubjectTokens"
 *
 * const subjectToken = SubjectTokens.fromFile("/var/run/secrets/openrouter/token")
 * ```
 *
 * @since 0.1.0
 * @category subject tokens
 * @see https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
 */
export const fromFile = (path: string): Effect.Effect<Redacted.Redacted<string>, SubjectTokenUnavailable> => {
  // A key or a JWT in place of a path is not shown.
  const shown = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(path) ? "[redacted]" : cleaner([])(path)
  return Effect.tryPromise({
    try: (signal) => Fs.readFile(path, { encoding: "utf8", signal }),
    catch: (error) =>
      codeOf(error) === "ENOENT"
        ? ofFile.absent(`There is no subject token at ${shown}.`)
        : ofFile.failed(`The subject token at ${shown} cannot be read (${codeOf(error)}).`)
  }).pipe(
    Effect.map((text) => text.trim()),
    Effect.filterOrFail(
      (token) => token !== "",
      () => ofFile.failed(`The subject token at ${shown} is empty.`)
    ),
    Effect.map(Redacted.make<string>)
  )
}

const decodeAnswer = Schema.decodeUnknownOption(Schema.Struct({ value: Schema.NonEmptyString }))

/** How long GitHub may take to answer, in milliseconds. */
const timeout = 10_000

const askGitHub = (url: URL, requestToken: Redacted.Redacted) =>
  Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${Redacted.value(requestToken)}`, accept: "application/json" },
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)])
      })
      return response.ok ? { json: await response.json() } : { status: response.status }
    },
    // The cause could show the request with its token.
    catch: () => ofGitHub.failed("GitHub's token service did not answer.")
  })

/**
 * Requests the OpenID Connect token of a GitHub Actions job, for an audience that the federation policy accepts. The job needs the
 * permission `id-token: write`, which sets `ACTIONS_ID_TOKEN_REQUEST_URL` and `ACTIONS_ID_TOKEN_REQUEST_TOKEN`. Fails with
 * `SubjectTokenUnavailable`: `Absent` without these variables, `Failed` if GitHub gives no token within 10 seconds.
 *
 * @example
 * ```ts
 * import * as SubjectTokens from "effect-openrouter-oauth/node/SubjectTokens"
 *
 * const subjectToken = SubjectTokens.fromGitHubActions("https://openrouter.ai")
 * ```
 *
 * @since 0.1.0
 * @category subject tokens
 * @see https://docs.github.com/en/actions/concepts/security/openid-connect
 */
export const fromGitHubActions = (
  audience: string
): Effect.Effect<Redacted.Redacted<string>, SubjectTokenUnavailable> =>
  Effect.gen(function* () {
    const requestUrl = yield* Config.option(Config.nonEmptyString("ACTIONS_ID_TOKEN_REQUEST_URL"))
    const requestToken = yield* Config.option(Config.redacted(Config.nonEmptyString("ACTIONS_ID_TOKEN_REQUEST_TOKEN")))
    if (Option.isNone(requestUrl) || Option.isNone(requestToken)) {
      return yield* ofGitHub.absent(
        "ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set. In GitHub Actions, give the job the permission `id-token: write`."
      )
    }
    const url = parse(requestUrl.value)
    if (url === undefined || !isSecure(url)) {
      return yield* ofGitHub.failed("ACTIONS_ID_TOKEN_REQUEST_URL must be an https URL.")
    }
    url.searchParams.set("audience", audience)
    const { json, status } = yield* askGitHub(url, requestToken.value)
    if (status !== undefined) return yield* ofGitHub.failed(`GitHub's token service answered with status ${status}.`)
    const answer = decodeAnswer(json)
    if (Option.isNone(answer)) return yield* ofGitHub.failed("GitHub's token service gave no token.")
    return Redacted.make(answer.value.value)
  }).pipe(
    Effect.catchTag("ConfigError", () =>
      ofGitHub.failed(
        "The variables of GitHub Actions cannot be read. Check ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN."
      )
    )
  )
