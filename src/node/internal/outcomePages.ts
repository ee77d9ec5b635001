/** The pages that show the outcome of a sign-in in the browser. */
import * as Exit from "effect/Exit"
import type { Page } from "../../internal/callbackPage.js"
import type { CompleteError, SignedIn } from "../../SignIn.js"
import type { OwnHtml } from "./callbackServer.js"

/** A title and a text in the style of the other pages, or a whole HTML document. */
export type OwnPage = { readonly title: string; readonly text: string } | { readonly html: string }

export interface OwnPages {
  readonly signedIn?: OwnPage | undefined
  readonly denied?: OwnPage | undefined
  readonly failed?: OwnPage | undefined
}

export interface Voice {
  readonly pages: OwnPages
  /** The place that the user goes back to: the app's name, or `the terminal`. */
  readonly home: string
  /** Whether the user can paste an address there. */
  readonly canPaste: boolean
}

const own = (status: number, page: OwnPage | undefined, otherwise: Omit<Page, "status">): Page | OwnHtml => ({
  status,
  ...(page ?? otherwise)
})

export const ofOutcome = (exit: Exit.Exit<SignedIn, CompleteError>, { home, pages }: Voice): Page | OwnHtml => {
  if (Exit.isSuccess(exit)) {
    return own(200, pages.signedIn, {
      title: "You are signed in",
      text: `You can close this page and go back to ${home}.`
    })
  }
  const tag: string | undefined = exit.cause._tag === "Fail" ? exit.cause.error._tag : undefined
  switch (tag) {
    case "AuthorizationDenied":
      return own(200, pages.denied, {
        title: "You did not allow it",
        text: "No key was made. You can close this page."
      })
    case "AuthorizationFailed":
      return own(502, pages.failed, {
        title: "OpenRouter could not do it",
        text: `Something went wrong there, and no key was made. Go back to ${home} to start the sign-in again.`
      })
    case "CallbackMalformed":
    case "StateMismatch":
    case "UnknownAttempt":
    case "InvalidRequest":
      return {
        status: 400,
        title: "This is not the sign-in that is waiting",
        text: `It changed nothing. Use the page that ${home} opened.`
      }
    case undefined:
      return own(500, pages.failed, {
        title: "The sign-in was stopped",
        text: `Go back to ${home} to start it again.`
      })
    default:
      return own(502, pages.failed, {
        title: "The sign-in failed",
        text: `Go back to ${home}: it says what happened and what to do.`
      })
  }
}

/** For a browser that opens the start address after another one. */
export const ofOtherBrowser = ({ home }: Voice): Page => ({
  status: 409,
  title: "Another browser has this sign-in",
  text: `Go on in the browser that opened it first. If that was not you, stop the sign-in in ${home} and start it again.`
})

/** For a callback without the cookie of the browser that began the sign-in. */
export const ofStranger = ({ canPaste, home }: Voice): Page => ({
  status: 403,
  title: "This browser did not begin the sign-in",
  text: `It changed nothing. Go on in the browser that began it${canPaste ? `, or paste the address of this page into ${home}` : ""}.`
})
