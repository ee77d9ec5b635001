/** Shapes of RFC 7636, section 4.1 and 4.2. */

export const verifierPattern = /^[A-Za-z0-9\-._~]{43,128}$/

export const s256Pattern = /^[A-Za-z0-9\-_]{43}$/

export const verifierRule = "must be 43 to 128 characters of A-Z a-z 0-9 - . _ ~"

/** The first thing wrong with a challenge and its method, with the field it is in. */
export const challengeFault = (
  challenge: string | undefined,
  method: "S256" | "plain" | undefined
): { readonly path: string; readonly message: string } | undefined => {
  if (challenge === undefined) {
    return method === undefined
      ? undefined
      : { path: "codeChallenge", message: "is missing: codeChallengeMethod says how it was made" }
  }
  const [pattern, message] =
    method === "plain"
      ? [verifierPattern, verifierRule]
      : [s256Pattern, "must be an S256 challenge: 43 characters of A-Z a-z 0-9 - _"]
  return typeof challenge === "string" && pattern.test(challenge) ? undefined : { path: "codeChallenge", message }
}
