/** The static pages that a browser shows on the way back from OpenRouter, and the headers that keep them to themselves. */

/** Nothing of a request stands in a page; links lead to where the program says. */
export interface Page {
  readonly status: number
  readonly title: string
  readonly text: string
  readonly links?: ReadonlyArray<Link> | undefined
}

export interface Link {
  readonly href: string
  readonly text: string
}

export const style =
  "body{margin:0;min-height:100vh;display:grid;place-items:center;font:1rem/1.5 system-ui,sans-serif;color:#1b1b1f;background:#fafafa}" +
  "main{max-width:30rem;padding:2rem;text-align:center}h1{font-size:1.5rem;margin:0 0 .5rem}p{margin:0}" +
  "nav{margin-top:1.5rem;display:flex;flex-wrap:wrap;gap:.75rem;justify-content:center}" +
  "a{padding:.625rem 1.25rem;border:1px solid;border-radius:.625rem;color:inherit;text-decoration:none}" +
  "a:first-child{color:#fff;background:#4a3fd1;border-color:#4a3fd1}a:focus-visible{outline:3px solid #8d85f2;outline-offset:3px}" +
  "@media(prefers-color-scheme:dark){body{color:#ececf1;background:#17171a}}"

/** SHA-256 of the style, base64: the only style that a page may have. */
export const styleDigest = "6CuX2OnZDM+4s1XsN8iaI2+c8PKKLLSOUDzVDQ/sbR0="

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const nav = (links: ReadonlyArray<Link>): string =>
  links.length === 0
    ? ""
    : `<nav>${links.map(({ href, text }) => `<a href="${escape(href)}">${escape(text)}</a>`).join("")}</nav>`

export const html = ({ links = [], text, title }: Page): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
  `<title>${escape(title)}</title><style>${style}</style></head><body><main><h1>${escape(title)}</h1><p>${escape(text)}</p>${nav(links)}</main></body></html>`

/** For every answer at an address that a code may stand in: it is kept nowhere and named to nobody. */
export const privateHeaders = { "cache-control": "no-store", "referrer-policy": "no-referrer" } as const

/** For pages and redirects. */
export const headers = {
  ...privateHeaders,
  "x-content-type-options": "nosniff",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${styleDigest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
} as const

export const contentType = "text/html; charset=utf-8"

/** Whether a browser asks before anybody has clicked; it says so in one of several headers. */
export const isPrefetch = (header: (name: string) => string | ReadonlyArray<string> | undefined): boolean =>
  ["sec-purpose", "purpose", "x-moz"].some((name) => /prefetch|prerender/i.test(String(header(name) ?? "")))
