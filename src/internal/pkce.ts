/** Shapes of RFC 7636, section 4.1 and 4.2. */

export const verifierPattern = /^[A-Za-z0-9\-._~]{43,128}$/

export const s256Pattern = /^[A-Za-z0-9\-_]{43}$/

export const methodRule = "must be S256 or plain"

export const verifierRule = "must be 43 to 128 characters of A-Z a-z 0-9 - . _ ~"

/** Returns the fault of a verifier, as the end of a sentence, or undefined. */
export const verifierFault = (verifier: unknown): string | undefined =>
  typeof verifier === "string" && verifierPattern.test(verifier) ? undefined : verifierRule

/** Returns the fault of a challenge and its method, as the end of a sentence, or undefined. */
export const challengeFault = (
  challenge: string | undefined,
  method: "S256" | "plain" | undefined
): string | undefined => {
  if (challenge === undefined) return method && "is missing with codeChallengeMethod"
  // A plain challenge is the verifier itself.
  if (method === "plain") return verifierFault(challenge)
  return s256Pattern.test(challenge) ? undefined : "must be 43 characters of A-Z a-z 0-9 - _"
}
