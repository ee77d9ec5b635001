/** Words that many tests use: vectors, fake secrets, arbitraries. */
import * as fc from "effect/FastCheck"

/** RFC 7636, appendix B. */
export const rfcVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

export const rfcChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

export const fakeKey = "sk-or-v1-fake0123456789abcdef0123456789abcdef"

const charactersOf = (alphabet: string) => fc.constantFrom(...alphabet)

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/** Every verifier that RFC 7636, section 4.1 allows. */
export const arbitraryVerifier = fc.string({ unit: charactersOf(`${base64url}.~`), minLength: 43, maxLength: 128 })

/** What may be an S256 challenge. */
export const arbitraryChallenge = fc.string({ unit: charactersOf(base64url), minLength: 43, maxLength: 43 })

const label = fc.string({ unit: charactersOf("abcdefghijklmnopqrstuvwxyz0123456789"), minLength: 1, maxLength: 12 })

const path = fc.string({ unit: charactersOf("abcXYZ019-._~/%éß漢 "), maxLength: 20 })

const query = fc.dictionary(label, fc.string({ unit: "binary", maxLength: 8 }), { maxKeys: 3 })

const build = (origin: string, pathname: string, params: Record<string, string>): string => {
  const url = new URL(origin)
  url.pathname = pathname
  for (const [name, value] of Object.entries(params)) url.searchParams.append(name, value)
  return url.href
}

const portOf = fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined })

/** Callback URLs that the contract allows: https anywhere, http on loopback, an app's own scheme; as `URL` writes them. */
export const arbitraryCallbackUrl: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(label, portOf, path, query)
    .map(([host, port, pathname, params]) =>
      build(`https://${host}.example${port ? `:${port}` : ""}`, pathname, params)
    ),
  fc
    .tuple(fc.constantFrom("localhost", "127.0.0.1", "[::1]"), portOf, path, query)
    .map(([host, port, pathname, params]) => build(`http://${host}${port ? `:${port}` : ""}`, pathname, params)),
  fc
    .tuple(fc.constantFrom("vscode", "com.example.app", "cursor"), label, query)
    .map(([scheme, pathname, params]) => build(`${scheme}://auth`, pathname, params))
)
