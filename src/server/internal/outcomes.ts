/** The ways in which a sign-in can end, and what the user reads. Each has a page, at an address without a code. */
import * as Data from "effect/Data"
import type { InvalidRequest } from "../../OAuthError.js"
import type { CompleteError } from "../../SignIn.js"

/**
 * Another site sent the browser to the begin route. Nothing was begun.
 */
export class CrossSiteBegin extends Data.TaggedError("CrossSiteBegin")<{
  readonly operation: "begin"
}> {
  override get message(): string {
    return "Another site sent the browser to the begin route. Start the sign-in from a page of the app."
  }
}

/**
 * What can go wrong at either route.
 */
export type SignInFailure = CompleteError | InvalidRequest | CrossSiteBegin

export interface Outcome {
  readonly status: number
  readonly title: string
  readonly text: string
  /** What the user can do next, the likeliest first. `again` continues the same sign-in if it is still pending, or begins a new one. */
  readonly links: ReadonlyArray<"begin" | "home" | "again">
  /** Set if the code was not used: the same sign-in can be tried again. */
  readonly mayBeTriedAgain?: true
  /** Seconds to wait, for the `Retry-After` header. */
  readonly retryAfter?: number
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
    text: "It would lead to another site after the sign-in. Nothing was begun.",
    links: ["home"]
  },
  "signed-in": {
    status: 200,
    title: "You are signed in",
    text: "You can close this window.",
    links: []
  },
  denied: {
    status: 200,
    title: "You did not allow it",
    text: "That is fine: no key was made, and nothing has changed. If you change your mind, sign in again.",
    links: ["begin", "home"]
  },
  idle: {
    status: 404,
    title: "No sign-in is under way",
    text: "A sign-in with OpenRouter comes back to this address, but none is waiting for it. To sign in, begin here.",
    links: ["begin", "home"]
  },
  over: {
    status: 410,
    title: "This sign-in is over",
    text: "It was completed before, or took longer than 10 minutes. If you are not signed in, sign in again.",
    links: ["home", "begin"]
  },
  "other-browser": {
    status: 403,
    title: "This sign-in is not from this browser",
    text: "It was begun in another browser, or its cookie is gone. Nothing was changed. To sign in with this browser, begin here.",
    links: ["begin", "home"]
  },
  "other-user": {
    status: 403,
    title: "Another user began this sign-in",
    text: "In this app you are signed in as somebody else. Nothing was changed. To connect your own account, begin again.",
    links: ["begin", "home"]
  },
  "signed-out": {
    status: 403,
    title: "You are signed out of this app",
    text: "You were signed in when you began. Nothing was changed. Sign in to the app, then begin again.",
    links: ["home"]
  },
  malformed: {
    status: 400,
    title: "This is not a sign-in",
    text: "Something is wrong with the address that brought you here. Nothing was changed. To sign in, begin here.",
    links: ["begin", "home"]
  },
  refused: {
    status: 400,
    title: "OpenRouter did not accept this sign-in",
    text: "Its code has expired, was used before, or belongs to another sign-in. Sign in again.",
    links: ["begin", "home"]
  },
  "failed-there": {
    status: 502,
    title: "OpenRouter could not complete this sign-in",
    text: "No key was made, and it is not your fault. Wait a minute, then sign in again.",
    links: ["begin", "home"],
    retryAfter: 60
  },
  busy: {
    status: 503,
    title: "OpenRouter is busy",
    text: "It takes no more sign-ins at the moment. Wait a minute, then sign in again.",
    links: ["begin", "home"],
    retryAfter: 60
  },
  full: {
    status: 503,
    title: "Too many people are signing in",
    text: "There is no room for another sign-in at the moment. Wait a minute, then try again.",
    links: ["again", "home"],
    retryAfter: 60
  },
  failed: {
    status: 502,
    title: "OpenRouter did not answer as it should",
    text: "Wait a moment, then sign in again. If OpenRouter made a key that did not arrive, you can delete it in your OpenRouter settings.",
    links: ["begin", "home"]
  },
  broken: {
    status: 500,
    title: "Something went wrong here",
    text: "You are not signed in, and it is not your fault. Sign in again. If that does not help, tell whoever runs this site.",
    links: ["begin", "home"]
  },
  unreachable: {
    status: 502,
    title: "OpenRouter cannot be reached",
    text: "Nothing is lost. Wait a moment, then try again.",
    links: ["again", "home"],
    mayBeTriedAgain: true
  },
  unavailable: {
    status: 503,
    title: "Signing in is not possible right now",
    text: "Wait half a minute, then try again.",
    links: ["again", "home"],
    mayBeTriedAgain: true,
    retryAfter: 30
  },
  misconfigured: {
    status: 500,
    title: "Signing in is not set up right",
    text: "It is not your fault: tell whoever runs this site.",
    links: ["again", "home"],
    mayBeTriedAgain: true
  }
} as const satisfies Record<string, Outcome>

export type OutcomeName = keyof typeof outcomes

export const outcome = (name: OutcomeName): Outcome => outcomes[name]

export const isOutcomeName = (name: string | null): name is OutcomeName =>
  name !== null && Object.hasOwn(outcomes, name)

/** `subject` is the user of the app who came to the callback, if any. */
export const outcomeOf = (failure: SignInFailure, subject?: string | undefined): OutcomeName => {
  switch (failure._tag) {
    case "CrossSiteBegin":
      return "cross-site"
    case "AuthorizationDenied":
      return "denied"
    case "UnknownAttempt":
      return "over"
    case "AuthorizationFailed":
      return "failed-there"
    case "StateMismatch":
      if (failure.reason !== "Subject") return "other-browser"
      return subject === undefined ? "signed-out" : "other-user"
    case "CallbackMalformed":
      return "malformed"
    case "BadRequest":
    case "Forbidden":
      return "refused"
    case "ConnectionFailed":
      return "unreachable"
    case "StoreError":
      return failure.reason === "Full" ? "full" : "unavailable"
    case "UnexpectedStatus":
      return failure.status === 429 ? "busy" : "failed"
    case "InvalidRequest":
      return failure.issues.some(({ path }) => path === "returnTo") ? "bad-link" : "misconfigured"
    case "InternalServer":
    case "ConnectionLost":
    case "TimedOut":
    case "MalformedResponse":
      return "failed"
  }
}
