/** Whether this machine has a browser that can be the user's. */
import { existsSync } from "node:fs"

/** Why no browser of this machine can be the user's; undefined where one may be. */
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

/** `remoteBecause`, in words for a person. */
export const remoteInWords = (): string | undefined => {
  const because = remoteBecause(process.env, process.platform)
  return because === undefined ? undefined : words[because]
}

/** The `open` package, an optional peer; undefined where it is not installed. */
export const loadOpen = async (): Promise<typeof import("open").default | undefined> => {
  // Bundlers take a missing package for an error, unless the import stands in a try.
  try {
    return (await import("open")).default
  } catch {
    return undefined
  }
}
