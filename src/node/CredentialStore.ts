/**
 * Stores a user's keys between runs of a program, one for each base URL and profile: in files that only the user can read, in the system's
 * keychain, or in memory.
 *
 * @since 0.1.0
 */
import * as Os from "node:os"
import * as Path from "node:path"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Backend, BackendFault, type Kept, lazily } from "./internal/credentialBackend.js"
import { credentialFiles } from "./internal/credentialFiles.js"
import { credentialKeychain } from "./internal/credentialKeychain.js"
import type { Name } from "./internal/credentialRecord.js"
import { make, type Service } from "./internal/credentialService.js"
import { keychain } from "./internal/keychain.js"

export {
  type Credential,
  CredentialStoreError,
  type Service,
  type StoredCredential,
  type Where
} from "./internal/credentialService.js"

/**
 * The store of a program's keys.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Option from "effect/Option"
 * import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
 *
 * const isSignedIn = Effect.flatMap(CredentialStore.CredentialStore, (store) => store.get()).pipe(
 *   Effect.map(Option.isSome),
 *   Effect.provide(CredentialStore.layer())
 * )
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class CredentialStore extends Context.Tag("effect-openrouter-oauth/node/CredentialStore")<
  CredentialStore,
  Service
>() {}

/**
 * Returns the folder of the store: `openrouter-oauth` in `$XDG_CONFIG_HOME`; without that variable, in `%APPDATA%` on Windows and in
 * `~/.config` elsewhere. The files are in its folder `credentials`. Throws if it needs the home folder of a user who has none.
 *
 * @example
 * ```ts
 * import { defaultFolder } from "effect-openrouter-oauth/node/CredentialStore"
 *
 * console.log(`Keys are stored in ${defaultFolder()}`)
 * ```
 *
 * @since 0.1.0
 * @category utils
 */
export const defaultFolder = (
  env: { readonly [name: string]: string | undefined } = process.env,
  platform: NodeJS.Platform = process.platform,
  home: () => string = Os.homedir
): string => {
  const { APPDATA, XDG_CONFIG_HOME } = env
  const absolute = XDG_CONFIG_HOME !== undefined && Path.isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : undefined
  const folder = absolute ?? ((platform === "win32" ? APPDATA : undefined) || Path.join(home(), ".config"))
  return Path.join(folder, "openrouter-oauth")
}

/** Node throws if the system does not know the user, for instance in a container whose user has no name. */
const noHome = () =>
  new BackendFault({
    reason: "Io",
    path: null,
    message: "This user has no home folder to store keys in. Set XDG_CONFIG_HOME to an absolute path."
  })

const filesIn = (folder: string | undefined): Backend =>
  folder === undefined
    ? lazily(Effect.map(Effect.try({ try: () => defaultFolder(), catch: noHome }), (own) => credentialFiles(own, true)))
    : credentialFiles(folder, false)

/**
 * Stores keys in files, one for each base URL and profile, created 0600 inside a 0700 folder and replaced as a whole. Tightens wider
 * permissions, and refuses links, pipes and devices in place of a file. Moves keys out of the single file of earlier versions.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
 *
 * const saved = Effect.flatMap(CredentialStore.CredentialStore, (store) => store.get({ profile: "work" })).pipe(
 *   Effect.provide(CredentialStore.layer())
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: {
    /** The folder of the files. Defaults to `defaultFolder()`. */
    readonly folder?: string | undefined
  } = {}
): Layer.Layer<CredentialStore> => Layer.sync(CredentialStore, () => make(filesIn(options.folder)))

/**
 * Stores keys in the system's keychain (macOS, Windows, a secret service on Linux), with the optional peer `@napi-rs/keyring`. If the
 * keychain cannot be used, stores them in files as `layer` does, and calls `onFallback`. Keys in files are moved to the keychain when they
 * are read. A locked Linux keyring looks empty; a key that is saved meanwhile goes to a file.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
 *
 * const StoreLive = CredentialStore.layerKeyring({ onFallback: (message) => Console.warn(message) })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerKeyring = (
  options: {
    /** The folder of the files. Defaults to `defaultFolder()`. */
    readonly folder?: string | undefined
    /** How long the keychain may take to answer. Defaults to 5 seconds. */
    readonly timeout?: Duration.DurationInput | undefined
    /** Receives one message that says why files are used. Defaults to writing it to standard error. */
    readonly onFallback?: ((message: string) => Effect.Effect<void>) | undefined
  } = {}
): Layer.Layer<CredentialStore> =>
  Layer.sync(CredentialStore, () => {
    const say =
      options.onFallback ?? ((message: string) => Effect.sync(() => void process.stderr.write(`${message}\n`)))
    return make(
      credentialKeychain(keychain(Duration.decode(options.timeout ?? "5 seconds")), filesIn(options.folder), (why) =>
        say(`The keychain cannot be used (${why}). Keys are stored in files that only you can read.`)
      )
    )
  })

/**
 * Stores keys in memory, for tests and for programs that sign in at each start.
 *
 * @example
 * ```ts
 * import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
 * import * as DefaultApiKey from "effect-openrouter-oauth/node/DefaultApiKey"
 *
 * const KeyLive = DefaultApiKey.layer({ store: CredentialStore.layerMemory })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<CredentialStore> = Layer.sync(CredentialStore, () => {
  const texts = new Map<string, Kept>()
  const keyOf = ({ baseUrl, profile }: Name) => `${baseUrl} ${profile}`
  return make({
    read: (name) => Effect.sync(() => texts.get(keyOf(name))),
    write: (name, text) =>
      Effect.sync(() => texts.set(keyOf(name), { text, place: "memory" })).pipe(Effect.as("memory")),
    remove: (name) => Effect.sync(() => texts.delete(keyOf(name))),
    list: Effect.sync(() => [...texts.values()])
  })
})
