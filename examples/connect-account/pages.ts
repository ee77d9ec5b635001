/** The pages of the app. */
import { createHash } from "node:crypto"

/** A template whose values are escaped, except for what another template gave. */
const html = (texts: TemplateStringsArray, ...values: ReadonlyArray<string | Html>): Html => ({
  html: String.raw({ raw: texts }, ...values.map((value) => (typeof value === "string" ? escape(value) : value.html)))
})

interface Html {
  readonly html: string
}

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

export const signedOut = () =>
  page(html`<form method="post" action="/sign-in">
  <label>Your name in this app <input name="user" value="Alice" required maxlength="100"></label>
  <button class="first">Sign in</button>
</form>`)

export const notConnected = (user: string, notice = "") =>
  page(html`${account(user)}
<p>OpenRouter is not connected.</p>
<p role="status">${notice}</p>
<form method="post" action="/auth/openrouter"><button class="first">Connect OpenRouter</button></form>
<button id="popup" hidden>Connect in a new window</button>
<script type="module" src="/connect.js"></script>`)

export const connected = (user: string, key: string, label: string, limit: number | null) =>
  page(html`${account(user)}
<p>OpenRouter is connected.</p>
<dl><dt>Key</dt><dd>${label}</dd><dt>May spend</dt><dd>${limit === null ? "any amount" : `$${limit}`}</dd></dl>
${keyPage(key)}
<form method="post" action="/disconnect"><button>Disconnect</button></form>`)

/** Forgetting a key does not end it: only its owner can do that, at OpenRouter. */
export const disconnected = (user: string, key: string) =>
  page(html`${account(user)}
<p>OpenRouter is disconnected: this app has forgotten your key. To make sure that nobody can use it any more, delete it at OpenRouter.</p>
${keyPage(key)}
<p><a href="/">Go on</a></p>`)

/** The page of a key at OpenRouter, where its owner sees what it spent, changes its limit or deletes it. */
const keyPage = (
  key: string
) => html`<p><a href="https://openrouter.ai/keys/${createHash("sha256").update(key).digest("hex")}"
  target="_blank" rel="noopener">Your key at OpenRouter</a></p>`

const account = (user: string) => html`<form method="post" action="/sign-out" class="account">
  Signed in as ${user} <button>Sign out</button>
</form>`

const page = ({ html: body }: Html) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<title>Notes</title>
<main><h1>Notes</h1>${body}</main>
</html>`
