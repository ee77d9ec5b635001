/** The names of profiles. */
export const defaultProfile = "default"

export const profileRule =
  "must be 1 to 64 characters of A-Z a-z 0-9 - _ . and begin with a letter or a digit; it must not contain sk-or-, as a key does"

/** Messages show profiles, so a key that was given in place of one is refused. */
export const isProfile = (profile: unknown): profile is string =>
  typeof profile === "string" && /^[A-Za-z0-9][\w.-]{0,63}$/.test(profile) && !/sk-or-/i.test(profile)
