/** The paths that an app may send its user to after a sign-in. */

const maxLength = 2048

/** Whether it is a path of the app's own: `//host` and `/\host` lead to another site. */
export const isOwnPath = (path: unknown): boolean =>
  typeof path === "string" && path.length <= maxLength && /^\/(?![/\\])[^\p{Cc}\\]*$/u.test(path)
