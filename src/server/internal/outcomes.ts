/** How a sign-in can end, as the user is told. Each has a page of its own, at an address that is free of codes. */
import * as Data from "effect/Data"
import type { InvalidRequest } from "../../OAuthError.js"
import type { CompleteError } from "../../SignIn.js"

/**
 * Another site sent the browser to the begin route. Nothing was begun.
 */
export class CrossSiteBegin extends Data.TaggedError("CrossSiteBegin")<{
  readonly operation: "begin"
  readonly message: string
}> {}

/**
 * What can go wrong at either route.
 */
export type SignInFailure = CompleteError | InvalidRequest | CrossSiteBegin

export interface Outcome {
  readonly status: number
  readonly title: string
  readonly text: string
  /** What the user may do next, the likeliest first. `again` is the same sign-in where it is still there, or else a new one. */
  readonly links: ReadonlyArray<"begin" | "home" | "again">
}

export const outcomes = {
  "cross-site": {
    status: 403,
    title: "Sign in from here",
    text: "Another site sent you to this sign-in. If you want to sign in, go on from here.",
    links: ["begin", "home"]
  },
  "bad-link": {
    status: 400,
    title: "This link is not right",
    text: "It asks to go to another site after the sign-in.",
    links: ["home"]
  },
  denied: {
    status: 200,
    title: "You did not allow it",
    text: "No key was given. You can sign in again whenever you like.",
    links: ["begin", "home"]
  },
  over: {
    status: 410,
    title: "This sign-in is over",
    text: "It is completed already, or took longer than 10 minutes. If you are not signed in, sign in again.",
    links: ["home", "begin"]
  },
  "other-browser": {
    status: 403,
    title: "This sign-in is not from this browser",
    text: "It was begun in another one, or its cookie is gone. Nothing was changed. Sign in again in this one.",
    links: ["begin", "home"]
  },
  malformed: {
    status: 400,
    title: "This is not a sign-in",
    text: "Something is wrong with the address that brought you here. Nothing was changed.",
    links: ["begin", "home"]
  },
  refused: {
    status: 400,
    title: "OpenRouter did not accept this sign-in",
    text: "Its code has expired, was used before, or belongs to another sign-in. Sign in again.",
    links: ["begin", "home"]
  },
  failed: {
    status: 502,
    title: "OpenRouter did not answer as it should",
    text: "Wait a moment, then sign in again. A key that was made but did not arrive stands in your OpenRouter settings: you can delete it there.",
    links: ["begin", "home"]
  },
  broken: {
    status: 500,
    title: "Something went wrong here",
    text: "You are not signed in, and it is not your fault. Sign in again; if that does not help, tell whoever runs this site.",
    links: ["begin", "home"]
  },
  unreachable: {
    status: 502,
    title: "OpenRouter cannot be reached",
    text: "Nothing is lost. Wait a moment, then try again.",
    links: ["again", "home"]
  },
  unavailable: {
    status: 503,
    title: "Signing in is not possible right now",
    text: "Wait a moment, then try again.",
    links: ["again", "home"]
  },
  misconfigured: {
    status: 500,
    title: "Signing in is not set up right",
    text: "It is not your fault: tell whoever runs this site.",
    links: ["again", "home"]
  }
} as const satisfies Record<string, Outcome>

export type OutcomeName = keyof typeof outcomes

/** Whether the code was not used, so that the same sign-in may be tried again. */
export const mayBeTriedAgain = (name: OutcomeName): boolean => outcomes[name].links.some((link) => link === "again")

export const isOutcomeName = (name: string | null): name is OutcomeName =>
  name !== null && Object.hasOwn(outcomes, name)

export const outcomeOf = (failure: SignInFailure): OutcomeName => {
  switch (failure._tag) {
    case "CrossSiteBegin":
      return "cross-site"
    case "AuthorizationDenied":
      return "denied"
    case "UnknownAttempt":
      return "over"
    case "StateMismatch":
      return "other-browser"
    case "CallbackMalformed":
      return "malformed"
    case "BadRequest":
    case "Forbidden":
      return "refused"
    case "ConnectionFailed":
      return "unreachable"
    case "StoreError":
      return "unavailable"
    case "InvalidRequest":
      return failure.issues.some(({ path }) => path === "returnTo") ? "bad-link" : "misconfigured"
    case "AuthorizationFailed":
    case "InternalServer":
    case "UnexpectedStatus":
    case "ConnectionLost":
    case "TimedOut":
    case "MalformedResponse":
      return "failed"
  }
}
