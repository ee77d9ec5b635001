/** Whether this machine has a browser that the user can see. */
import { existsSync } from "node:fs"

/** Returns why no browser of this machine is in front of the user; undefined if one may be. */
export const remoteBecause = (
  env: { readonly [name: string]: string | undefined },
  platform: NodeJS.Platform,
  exists: (path: string) => boolean = existsSync
): "SSH" | "CI" | "container" | "no display" | undefined => {
  if (env.SSH_CONNECTION || env.SSH_TTY || env.SSH_CLIENT) return "SSH"
  if (env.CI && env.CI !== "false") return "CI"
  if (exists("/.dockerenv") || exists("/run/.containerenv")) return "container"
  if (platform === "linux" && !env.DISPLAY && !env.WAYLAND_DISPLAY && !env.WSL_DISTRO_NAME) return "no display"
  return undefined
}

const words = {
  SSH: "this is an SSH session",
  CI: "this is a CI job",
  container: "this is a container",
  "no display": "there is no display"
} as const

/** Returns `remoteBecause` in words for a person. */
export const remoteInWords = (): string | undefined => {
  const because = remoteBecause(process.env, process.platform)
  return because === undefined ? undefined : words[because]
}

/** Loads the package `open`, an optional peer; undefined if it is not installed. */
export const loadOpen = async (): Promise<typeof import("open").default | undefined> => {
  // Bundlers report a missing package as an error, unless the import is inside a try.
  try {
    return (await import("open")).default
  } catch {
    return undefined
  }
}
