/** The pages of a sign-in. They are static except for escaped text, and have no script except the copy button's. */
import { escapeHtml } from "../../internal/html.js"
import * as Reply from "./Reply.js"

const style = `
:root { color-scheme: light dark; --ink: #16181d; --soft: #565c69; --line: #d5d9e2; --card: #fff; --ground: #f3f4f8; --accent: #4b3fd1; --on-accent: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eceef4; --soft: #a7adbb; --line: #3a3f4c; --card: #1c1f27; --ground: #111319; --accent: #a79eff; --on-accent: #14122b }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; padding: 1rem; display: grid; place-items: center; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 30rem; padding: 1.75rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem }
h1 { margin: 0 0 .5rem; font-size: 1.375rem; line-height: 1.3; overflow-wrap: anywhere }
p { margin: 0 0 1rem; overflow-wrap: anywhere }
.note { margin: 1.25rem 0 0; font-size: .875rem; color: var(--soft) }
dl { margin: 1.25rem 0; border-top: 1px solid var(--line) }
dl div { padding: .625rem 0; border-bottom: 1px solid var(--line) }
dt { font-size: .875rem; color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere }
code { display: block; padding: .875rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--ground); font: 1rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; user-select: all }
.badge { display: inline-block; margin: 0 0 1rem; padding: .125rem .75rem; border: 1px solid var(--accent); border-radius: 1rem; color: var(--accent); font-size: .875rem; font-weight: 600 }
.copy { display: flex; flex-wrap: wrap; gap: .75rem; margin-bottom: .5rem }
.copy code { flex: 1 1 12rem }
.copy button { flex: 0 1 6rem }
[hidden] { display: none }
form { display: flex; flex-wrap: wrap; gap: .75rem }
button { flex: 1 1 8rem; min-height: 2.875rem; padding: 0 1rem; border: 1px solid var(--soft); border-radius: .625rem; background: transparent; color: inherit; font: inherit; font-weight: 600; cursor: pointer }
button[value=authorize] { border-color: var(--accent); background: var(--accent); color: var(--on-accent) }
button:hover { filter: brightness(1.08) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }
`

/** Makes a page, with headers that forbid it everything except to show itself and to send its form. */
export const page = (status: number, title: string, body: string, extraStyle = "", script = ""): Reply.Reply => {
  const nonce = crypto.randomUUID()
  return Reply.make(
    status,
    "text/html; charset=utf-8",
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">${style}${extraStyle}</style>
</head>
<body>
<main>
<p class="badge">This is a sandbox</p>
${body}
</main>
${script && `<script nonce="${nonce}">${script}</script>\n`}</body>
</html>
`,
    {
      "cache-control": "no-store",
      // No form-action: browsers apply it to every redirect after the form, so it would block callbacks that redirect again.
      "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}';${script && ` script-src 'nonce-${nonce}';`} base-uri 'none'; frame-ancestors 'none'`,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff"
    }
  )
}

const note = '<p class="note">This is not OpenRouter itself: no account and no money is involved.</p>'

const dollars = (amount: number) => `$${amount.toLocaleString("en-US", { minimumFractionDigits: 2 })}`

export interface Consent {
  readonly app: string
  readonly callbackUrl: URL | undefined
  readonly limit: number | undefined
  readonly keyLabel: string | undefined
  readonly workspace: { readonly id: string; readonly locked: boolean } | undefined
  /** Proves that the form comes from this page. */
  readonly token: string
  /** The hidden fields of the form. */
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>
}

export const consentPage = (consent: Consent): Reply.Reply => {
  const facts: Array<readonly [string, string]> = [
    [
      "The key may spend",
      consent.limit === undefined ? "Any amount: the app set no limit" : `Up to ${dollars(consent.limit)}`
    ]
  ]
  if (consent.keyLabel !== undefined) facts.push(["Name of the key", consent.keyLabel])
  if (consent.workspace !== undefined) {
    facts.push(["Workspace", `${consent.workspace.id}${consent.workspace.locked ? " (required by the app)" : ""}`])
  }
  facts.push(
    consent.callbackUrl === undefined
      ? ["Afterwards", "This page shows a code to copy into the app"]
      : ["Afterwards you return to", consent.callbackUrl.href.split(/[?#]/)[0] ?? ""]
  )
  return page(
    200,
    `Authorize ${consent.app} · OpenRouter sandbox`,
    `<h1>Authorize ${escapeHtml(consent.app)}?</h1>
<p>It asks for an API key that spends from your OpenRouter account.</p>
<dl>
${facts.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join("\n")}
</dl>
<form method="post" action="/auth">
<input type="hidden" name="token" value="${escapeHtml(consent.token)}">
${consent.fields.map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`).join("\n")}
<button type="submit" name="decision" value="authorize">Authorize</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>
${note}`
  )
}

/** Shows the button, which needs this script, and makes it copy the code. If the browser forbids that, the code is selected. */
const copyScript = `
const code = document.querySelector("code"), copy = document.getElementById("copy"), copied = document.getElementById("copied")
copy.hidden = false
copy.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(code.textContent)
    copied.textContent = "Copied."
  } catch {
    getSelection().selectAllChildren(code)
    copied.textContent = "Selected. Copy it with Ctrl+C or Cmd+C."
  }
})
`

export const codePage = (code: string): Reply.Reply =>
  page(
    200,
    "Your code · OpenRouter sandbox",
    `<h1>Authorized</h1>
<p>Copy this code into the app. It works once, for the next 10 minutes.</p>
<div class="copy"><code>${escapeHtml(code)}</code>
<button type="button" id="copy" hidden>Copy</button></div>
<noscript><p class="note">Click the code once to select all of it, then copy it.</p></noscript>
<p class="note" id="copied" role="status"></p>
${note}`,
    "",
    copyScript
  )

export const foreignFormPage = (): Reply.Reply =>
  page(
    403,
    "Refused · OpenRouter sandbox",
    `<h1>This form was not sent by the sandbox's page</h1>
<p>It changed nothing. Open the authorization URL again, and decide there.</p>
${note}`
  )

export const deniedPage: () => Reply.Reply = () =>
  page(200, "Denied · OpenRouter sandbox", `<h1>Denied</h1>\n<p>No key was made. You can close this page.</p>\n${note}`)

export const refusedPage = (issues: ReadonlyArray<string>): Reply.Reply =>
  page(
    400,
    "Refused · OpenRouter sandbox",
    `<h1>This sign-in cannot start</h1>
<p>OpenRouter refuses these parameters of the app:</p>
<ul>
${issues.map((issue) => `<li>${escapeHtml(issue)}</li>`).join("\n")}
</ul>
${note}`
  )
