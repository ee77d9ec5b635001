/** What `login` can be asked for, and which of its flags exclude each other. */
import type * as Duration from "effect/Duration"
import { listed } from "../output.js"

export interface LoginOptions {
  readonly sandbox: boolean
  readonly approve: boolean
  readonly headless: boolean
  readonly browser: boolean
  readonly port: number | undefined
  readonly limit: number | undefined
  readonly keyLabel: string | undefined
  readonly workspace: string | undefined
  readonly timeout: Duration.Duration | undefined
  readonly save: boolean
  readonly profile: string | undefined
  readonly force: boolean
  readonly withKey: boolean
  readonly json: boolean
  readonly events: boolean
}

/** The flags of a sign-in that were given: `--with-key` signs nobody in. */
const signInFlags = ({ browser, headless, limit, port, timeout, workspace }: LoginOptions): ReadonlyArray<string> =>
  [
    { flag: "--headless", isGiven: headless },
    { flag: "--no-browser", isGiven: !browser },
    { flag: "--port", isGiven: port !== undefined },
    { flag: "--limit", isGiven: limit !== undefined },
    { flag: "--workspace", isGiven: workspace !== undefined },
    { flag: "--timeout", isGiven: timeout !== undefined }
  ].flatMap(({ flag, isGiven }) => (isGiven ? [flag] : []))

/** Returns what to correct about flags that exclude each other; undefined if they can be used together. */
export const contradiction = (options: LoginOptions): string | undefined => {
  const { approve, events, force, json, profile, sandbox, save, withKey } = options
  if (approve && !sandbox) return "--approve only works with --sandbox: OpenRouter itself asks a person. Add --sandbox."
  if (sandbox && (withKey || force || profile !== undefined)) {
    return "With --sandbox nothing is saved. Leave out --with-key, --force and --profile."
  }
  if (withKey && !save) return "--with-key stores a key, and --no-save stores none. Leave one of them out."
  if (events && json) return "--events and --json both print JSON. Leave one of them out."
  const meaningless = withKey ? signInFlags(options) : []
  if (meaningless.length === 0) return undefined
  const [has, them] = meaningless.length === 1 ? ["has", "it"] : ["have", "them"]
  return `${listed(meaningless, "and")} ${has} no meaning with --with-key, which stores a key that exists already. Leave ${them} out.`
}
