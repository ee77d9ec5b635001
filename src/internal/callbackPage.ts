/** The static pages that a browser shows on the way back from OpenRouter, and their headers. */
import { escapeHtml } from "./html.js"

/** A page. Nothing of a request is written into it. */
export interface Page {
  readonly status: number
  readonly title: string
  readonly text: string
  readonly links?: ReadonlyArray<Link> | undefined
  /** The program that the user signs in to. */
  readonly appName?: string | undefined
}

export interface Link {
  readonly href: string
  readonly text: string
}

/** A card, light or dark as the browser prefers, on the narrowest phone too: the look of the sandbox's consent page. */
export const style =
  ":root{color-scheme:light dark;--ink:#16181d;--soft:#565c69;--line:#d5d9e2;--card:#fff;--ground:#f3f4f8;--accent:#4b3fd1;--on-accent:#fff}" +
  "@media(prefers-color-scheme:dark){:root{--ink:#eceef4;--soft:#a7adbb;--line:#3a3f4c;--card:#1c1f27;--ground:#111319;--accent:#a79eff;--on-accent:#14122b}}" +
  "*{box-sizing:border-box}" +
  "body{margin:0;min-height:100vh;padding:1rem;display:grid;place-items:center;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}" +
  "main{width:100%;max-width:30rem;padding:1.75rem;background:var(--card);border:1px solid var(--line);border-radius:1rem}" +
  "h1{margin:0 0 .5rem;font-size:1.375rem;line-height:1.3;overflow-wrap:anywhere}p{margin:0;overflow-wrap:anywhere}" +
  ".app{margin:0 0 .5rem;font-size:.875rem;color:var(--soft)}" +
  "nav{margin-top:1.5rem;display:flex;flex-wrap:wrap;gap:.75rem}" +
  "a{flex:1 1 auto;padding:.625rem 1.25rem;border:1px solid var(--soft);border-radius:.625rem;color:inherit;font-weight:600;text-align:center;text-decoration:none}" +
  "a:first-child{border-color:var(--accent);background:var(--accent);color:var(--on-accent)}" +
  ":focus-visible{outline:3px solid var(--accent);outline-offset:3px}"

/** SHA-256 of the style, base64: the only style that a page may have. */
export const styleDigest = "4Pjp32wAm9LgFJrptqvVZRM9GmA+cDkQYHOlaiSL9VA="

/** Takes the code out of the address bar and out of the history. */
export const script = 'history.replaceState(null,"",location.pathname)'

/** SHA-256 of the script, base64: the only script that a page may have. */
export const scriptDigest = "8A+3er73YJf04rRHGhbZwZQACPiiipi9EPduIeAAIDk="

const nav = (links: ReadonlyArray<Link>): string =>
  links.length === 0
    ? ""
    : `<nav>${links.map(({ href, text }) => `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`).join("")}</nav>`

export const html = ({ appName, links = [], text, title }: Page): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
  `<title>${escapeHtml(appName === undefined ? title : `${title} · ${appName}`)}</title><style>${style}</style></head><body><main>` +
  `${appName === undefined ? "" : `<p class="app">${escapeHtml(appName)}</p>`}<h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>${nav(links)}</main></body></html>`

/** A page that takes the code out of the address bar once it is shown. */
export const withScript = (page: string): string => `${page}<script>${script}</script>`

/** For every answer at an address that a code may stand in: it is kept nowhere and named to nobody. */
export const privateHeaders = { "cache-control": "no-store", "referrer-policy": "no-referrer" } as const

const policy = (sources: string): string =>
  `default-src 'none'; ${sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** For pages and redirects. */
export const headers = {
  ...privateHeaders,
  "x-content-type-options": "nosniff",
  "content-security-policy": policy(`style-src 'sha256-${styleDigest}'`)
} as const

/** For a page with one script, whose digest this is. */
export const headersAllowing = (digest: string) => ({
  ...headers,
  "content-security-policy": policy(`style-src 'sha256-${styleDigest}'; script-src 'sha256-${digest}'`)
})

/** For a page `withScript`. */
export const headersWithScript = headersAllowing(scriptDigest)

/** For a program's own HTML `withScript`: its styles and its pictures, and no script of its own. */
export const headersOfOwnHtml = {
  ...headers,
  "content-security-policy": policy(
    `style-src 'unsafe-inline'; img-src data: https:; font-src data:; script-src 'sha256-${scriptDigest}'`
  )
} as const

export const contentType = "text/html; charset=utf-8"

/** Whether a browser asks before anybody has clicked; it says so in one of several headers. */
export const isPrefetch = (header: (name: string) => string | ReadonlyArray<string> | undefined): boolean =>
  ["sec-purpose", "purpose", "x-moz"].some((name) => /prefetch|prerender/i.test(String(header(name) ?? "")))
