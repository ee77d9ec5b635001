/**
 * Which browser began a sign-in, kept by that browser: one cookie an attempt, named by the attempt's digest, so that sign-ins in
 * several tabs do not touch each other.
 */
import * as Cookies from "@effect/platform/Cookies"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import { lifetime as signInLifetime } from "../../internal/callback.js"

export interface BindingCookies {
  /** Reads what the browser keeps of an attempt that it began. */
  readonly find: (cookies: Jar, digest: string) => Begun | undefined
  /** Sets the cookie of a new attempt, and removes the oldest if there are more than five. */
  readonly add: (cookies: Jar, digest: string, begun: Begun) => Cookies.Cookies
  /** Sets the cookie to a new value for the rest of its lifetime. */
  readonly update: (digest: string, begun: Begun, now: number) => Cookies.Cookies
  readonly remove: (digest: string) => Cookies.Cookies
  /** Checks whether the sign-in of a cookie has expired. */
  readonly isExpired: (begun: Begun, now: number) => boolean
}

export interface Begun {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly binding: Redacted.Redacted
  /** The code of a callback that could not be completed yet. It is useless without the verifier, which stays on the server. */
  readonly code?: Redacted.Redacted | undefined
}

/** The cookies that a request carries. */
type Jar = Readonly<Record<string, string>>

const kept = 5

/** In milliseconds. */
const lifetime = Duration.toMillis(signInLifetime)

/** Set `secure` on https: the `__Host-` prefix then keeps other hosts of the same site from setting the cookie (RFC 6265bis, 4.1.3). */
export const make = (secure: boolean): BindingCookies => {
  const prefix = `${secure ? "__Host-" : ""}openrouter-sign-in-`
  // Other cookies may begin with the same prefix.
  const isOurs = (name: string) => name.startsWith(prefix) && /^[\w-]{43}$/.test(name.slice(prefix.length))
  const attributes = { path: "/", httpOnly: true, secure, sameSite: "lax" } as const
  const cookie = (name: string, value: string, maxAge: number): Setting => [
    name,
    value,
    { ...attributes, maxAge: Math.min(Math.max(maxAge, 0), lifetime) }
  ]
  // `Expires` too: Next.js' `cookies()` rewrites the cookies of a response, and loses a Max-Age of 0.
  const removal = (name: string): Setting => [name, "", { ...attributes, maxAge: 0, expires: new Date(0) }]
  const set = (...settings: ReadonlyArray<Setting>) => withHiddenValues(Cookies.unsafeSetAll(Cookies.empty, settings))
  return {
    find: (cookies, digest) => read(cookies[prefix + digest]),
    add: (cookies, digest, begun) => {
      const older = Object.entries(cookies)
        .filter(([name]) => isOurs(name))
        .sort(([, one], [, other]) => read(other).at - read(one).at)
      return set(
        ...older.slice(kept - 1).map(([name]) => removal(name)),
        cookie(prefix + digest, write(begun), lifetime)
      )
    },
    update: (digest, begun, now) => set(cookie(prefix + digest, write(begun), begun.at + lifetime - now)),
    remove: (digest) => set(removal(prefix + digest)),
    isExpired: (begun, now) => begun.at + lifetime <= now
  }
}

/**
 * Hides the values of cookies from everything that prints or serializes them: the platform's span ends with the response, cookies
 * included. `Set-Cookie` headers still contain the values.
 */
const withHiddenValues = (cookies: Cookies.Cookies): Cookies.Cookies => {
  for (const cookie of Object.values(cookies.cookies)) {
    Object.defineProperties(cookie, {
      value: { enumerable: false },
      valueEncoded: { enumerable: false },
      toJSON: { value: () => ({ name: cookie.name, value: "<redacted>", options: cookie.options }) }
    })
  }
  return cookies
}

type Setting = readonly [name: string, value: string, options?: Cookies.Cookie["options"]]

/** Each value contains its time of creation: the order of cookies in a request means nothing (RFC 6265, 4.2.2). */
const write = ({ at, binding, code }: Begun): string =>
  [at, Redacted.value(binding), ...(code === undefined ? [] : [Redacted.value(code)])].join(".")

function read(value: string): Begun
function read(value: string | undefined): Begun | undefined
function read(value: string | undefined): Begun | undefined {
  const [, at = "", binding = "", code] = /^(\d*)\.([^.]*)(?:\.(.*))?$/s.exec(value ?? "") ?? []
  return value === undefined
    ? undefined
    : { at: Number(at), binding: Redacted.make(binding), ...(code && { code: Redacted.make(code) }) }
}
