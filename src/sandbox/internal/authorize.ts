/** The page at `/auth` and its form. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as AuthorizationUrl from "../../AuthorizationUrl.js"
import { type Settings, tooLarge } from "./Endpoint.js"
import { maxLabelLength } from "./Ledger.js"
import * as pages from "./pages.js"
import * as Reply from "./Reply.js"

export interface AuthorizeSettings extends Settings {
  readonly denial: "error" | "bare"
  readonly echoState: "always" | "granted" | "never"
  /** A hidden field of the consent form, so that no page of another site can send it. */
  readonly formToken: string
  readonly approve: boolean
  readonly appTitle: string | undefined
}

/** The parameters of the page, by their names on the wire. */
export const parameters = {
  callback_url: "callbackUrl",
  code_challenge: "codeChallenge",
  code_challenge_method: "codeChallengeMethod",
  state: "state",
  limit: "limit",
  key_label: "keyLabel",
  workspace_id: "workspaceId",
  required_workspace_id: "requiredWorkspaceId"
} as const satisfies Record<string, keyof AuthorizationUrl.AuthorizationUrlInput>

type Name = keyof typeof parameters

/** More than any parameter of OpenRouter needs, except the callback URL, of which only the host is kept. */
const maxCharacters = 256

/** The callback URL and the state are not kept after the answer. */
const isKept = (name: Name) => name !== "callback_url" && name !== "state"

const names = Object.keys(parameters) as ReadonlyArray<Name>

const wireName = (path: string) => names.find((name) => parameters[name] === path) ?? path

interface Asked {
  readonly values: Partial<Record<Name, string>>
  readonly callbackUrl: URL | undefined
  readonly method: "S256" | "plain"
  readonly limit: number | undefined
}

/** Reads and checks the parameters. A `Left` says what is wrong with them. */
const readParameters = (query: URLSearchParams): Either.Either<Asked, ReadonlyArray<string>> => {
  const issues: Array<string> = []
  const values: Partial<Record<Name, string>> = {}
  for (const name of names) {
    const given = query.getAll(name)
    if (given.length > 1) issues.push(`${name} is given more than once`)
    if (given[0]) values[name] = given[0]
    if (isKept(name) && (given[0]?.length ?? 0) > maxCharacters) {
      issues.push(`${name} must have at most ${maxCharacters} characters`)
    }
  }
  const method = values.code_challenge_method
  if (method !== undefined && method !== "S256" && method !== "plain") {
    return Either.left([...issues, "code_challenge_method must be S256 or plain"])
  }
  const limit = values.limit === undefined ? undefined : Number(values.limit)
  const checked = AuthorizationUrl.make({
    callbackUrl: values.callback_url,
    codeChallenge: values.code_challenge,
    codeChallengeMethod: method,
    state: values.state,
    limit,
    keyLabel: values.key_label,
    workspaceId: values.workspace_id,
    requiredWorkspaceId: values.required_workspace_id
  })
  if (Either.isLeft(checked)) {
    issues.push(...checked.left.issues.map(({ message, path }) => `${wireName(path)} ${message}`))
  }
  if (issues.length > 0) return Either.left(issues)
  const callbackUrl = values.callback_url === undefined ? undefined : new URL(values.callback_url)
  return Either.right({ values, callbackUrl, method: method ?? "S256", limit })
}

const appName = (settings: AuthorizeSettings, { callbackUrl }: Asked) =>
  settings.appTitle ?? (callbackUrl === undefined ? "an app on this device" : callbackUrl.host || callbackUrl.protocol)

/** Redirects to the app. The query of its callback URL stays as it was, byte for byte. */
const redirect = (callbackUrl: URL, answer: Readonly<Record<string, string>>): Reply.Reply => {
  const url = new URL(callbackUrl)
  const added = new URLSearchParams(answer).toString()
  if (added !== "") url.search = url.search === "" ? added : `${url.search}&${added}`
  return Reply.empty(303, {
    location: url.href,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff"
  })
}

const stateOf = ({ values: { state } }: Asked) => (state === undefined ? {} : { state })

const authorize = (settings: AuthorizeSettings, asked: Asked): Effect.Effect<Reply.Reply> =>
  Effect.map(settings.clock.now, (now) => {
    const { values } = asked
    const code = settings.ledger.issueCode(
      {
        key: {
          label: values.key_label ?? appName(settings, asked).slice(0, maxLabelLength),
          limit: asked.limit ?? null,
          limitReset: null,
          expiresAt: null,
          workspaceId: values.required_workspace_id ?? values.workspace_id ?? null,
          userId: settings.userId
        },
        challenge:
          values.code_challenge === undefined ? undefined : { value: values.code_challenge, method: asked.method }
      },
      now
    )
    if (asked.callbackUrl === undefined) return pages.codePage(code)
    return redirect(asked.callbackUrl, { code, ...(settings.echoState !== "never" && stateOf(asked)) })
  })

const deny = (settings: AuthorizeSettings, asked: Asked): Reply.Reply => {
  const { callbackUrl } = asked
  if (callbackUrl === undefined) return pages.deniedPage()
  return redirect(callbackUrl, {
    ...(settings.denial === "error" && {
      error: "access_denied",
      error_description: "The user denied the request"
    }),
    ...(settings.echoState === "always" && stateOf(asked))
  })
}

const ask = (settings: AuthorizeSettings, asked: Asked): Reply.Reply => {
  const { values } = asked
  const id = values.required_workspace_id ?? values.workspace_id
  return pages.consentPage({
    app: appName(settings, asked),
    callbackUrl: asked.callbackUrl,
    limit: asked.limit,
    keyLabel: values.key_label,
    workspace: id === undefined ? undefined : { id, locked: values.required_workspace_id !== undefined },
    token: settings.formToken,
    fields: names.flatMap((name) => {
      const value = values[name]
      return value === undefined ? [] : [[name, value] as const]
    })
  })
}

/** `GET /auth` and `HEAD /auth`. */
export const show = (settings: AuthorizeSettings, request: Reply.Incoming): Effect.Effect<Reply.Reply> =>
  Either.match(readParameters(request.url.searchParams), {
    onLeft: (issues) => Effect.succeed(pages.refusedPage(issues)),
    onRight: (asked) =>
      settings.approve && request.method === "GET" ? authorize(settings, asked) : Effect.succeed(ask(settings, asked))
  })

/** `POST /auth`: the form. Its fields are checked like a query. */
export const decide = (settings: AuthorizeSettings, request: Reply.Incoming): Effect.Effect<Reply.Reply> =>
  Effect.flatMap(request.text, (text) => {
    if (text === undefined) return Effect.succeed(tooLarge)
    const form = new URLSearchParams(text)
    if (form.get("token") !== settings.formToken) return Effect.succeed(pages.foreignFormPage())
    return Either.match(readParameters(form), {
      onLeft: (issues) => Effect.succeed(pages.refusedPage(issues)),
      onRight: (asked) => {
        switch (form.get("decision")) {
          case "authorize":
            return authorize(settings, asked)
          case "deny":
            return Effect.succeed(deny(settings, asked))
          default:
            return Effect.succeed(pages.refusedPage(["decision must be authorize or deny"]))
        }
      }
    })
  })
