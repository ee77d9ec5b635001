/** Random values and their digests, by Web Crypto. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"

/** The defect of a runtime without Web Crypto. */
class WebCryptoMissing extends Data.TaggedError("WebCryptoMissing") {
  override get message(): string {
    return "crypto.subtle is missing: use https or localhost in a browser. In another runtime, load a polyfill of Web Crypto first."
  }
}

const webCrypto = (): Crypto => {
  // Browsers hide crypto.subtle from pages that are neither https nor on localhost.
  if (!globalThis.crypto?.subtle) {
    throw new WebCryptoMissing()
  }
  return crypto
}

/** Returns random bytes, as base64url. */
export const random = (bytes: number): string =>
  Encoding.encodeBase64Url(webCrypto().getRandomValues(new Uint8Array(bytes)))

/** Computes the SHA-256 of a text, as base64url: 43 characters. */
export const sha256 = async (text: string): Promise<string> =>
  Encoding.encodeBase64Url(new Uint8Array(await webCrypto().subtle.digest("SHA-256", new TextEncoder().encode(text))))

/** The same as an Effect. */
export const digestOf = (text: string): Effect.Effect<string> => Effect.promise(() => sha256(text))

/** Whether two digests are the same, without an early exit that would tell how much of one was right. */
export const sameDigest = (one: string, other: string): boolean => {
  let difference = one.length ^ other.length
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i)
  return difference === 0
}
