/** One file for each base URL and profile, in `credentials/`. A save only changes its own file, so it needs no lock. */
import { createHash } from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Backend, BackendFault, codeOf, corrupt, type Kept } from "./credentialBackend.js"
import { decodeLegacy, encodeRecord, fromLegacy, type Name, normalBaseUrl } from "./credentialRecord.js"
import { defaultProfile } from "./profile.js"
import * as SecretFile from "./secretFile.js"

/** A name that people can read, and that is unique on file systems that ignore case: the digest makes it so. */
const fileName = ({ baseUrl, profile }: Name): string => {
  const digest = createHash("sha256").update(`${profile} ${baseUrl}`).digest("hex").slice(0, 16)
  return `${new URL(baseUrl).hostname.replace(/[^a-z0-9.-]/g, "_").slice(0, 100)}.${profile}.${digest}.json`
}

/** `ownsFolder`: whether the folder itself belongs to this program, so that its permissions may be tightened too. */
export const credentialFiles = (folder: string, ownsFolder: boolean): Backend => {
  const files = Path.join(folder, "credentials")
  const legacy = Path.join(folder, "credentials.json")
  const pathOf = (name: Name) => Path.join(files, fileName(name))

  /** Runs to the end, also if the caller is interrupted meanwhile. */
  const io = <A>(path: string, run: () => Promise<A>): Effect.Effect<A, BackendFault> =>
    Effect.uninterruptible(
      Effect.tryPromise({
        try: run,
        catch: (error) =>
          error instanceof BackendFault
            ? error
            : new BackendFault({
                reason: "Io",
                path,
                message: `${path} cannot be used (${codeOf(error)}). Check the file and its folder.`
              })
      })
    )

  const makeFolders = async () => {
    if (ownsFolder) await SecretFile.ownFolder(folder)
    await SecretFile.ownFolder(files)
  }

  /** Tightens the folder if it exists. A reader does not create one. */
  const tighten = async () => {
    if ((await SecretFile.names(folder)).includes("credentials")) await makeFolders()
  }

  const clean = async () => {
    await SecretFile.removeOrphans(files)
    if (ownsFolder) await SecretFile.removeOrphans(folder)
  }

  /** Moves the keys of the old file into files of their own, except a key that was saved again since. */
  const moveLegacy = async (): Promise<void> => {
    const old = await SecretFile.read(legacy)
    if (old === undefined) return
    const decoded = decodeLegacy(old.text)
    if (Option.isNone(decoded)) throw corrupt(legacy)
    await makeFolders()
    for (const [spelling, entry] of Object.entries(decoded.value.entries)) {
      const baseUrl = normalBaseUrl(spelling)
      if (baseUrl === undefined) throw corrupt(legacy)
      const name = { baseUrl, profile: defaultProfile }
      await SecretFile.write(
        pathOf(name),
        encodeRecord(fromLegacy(name, entry, old.modifiedAt)),
        SecretFile.keepExisting
      )
    }
    await Fs.rm(legacy, { force: true })
    await Fs.rm(`${legacy}.lock`, { force: true })
  }

  const readAt = async (path: string): Promise<Kept | undefined> => {
    const file = await SecretFile.read(path)
    return file && { text: file.text, place: path }
  }

  return {
    read: (name) =>
      io(pathOf(name), async () => {
        await tighten()
        const found = await readAt(pathOf(name))
        if (found !== undefined) return found
        await moveLegacy()
        return readAt(pathOf(name))
      }),

    write: (name, text) =>
      io(pathOf(name), async () => {
        await makeFolders()
        await clean()
        await moveLegacy()
        await SecretFile.write(pathOf(name), text)
        return pathOf(name)
      }),

    remove: (name) =>
      io(pathOf(name), async () => {
        await tighten()
        const removedBefore = await SecretFile.remove(pathOf(name))
        await moveLegacy()
        return (await SecretFile.remove(pathOf(name))) || removedBefore
      }),

    list: io(files, async () => {
      await tighten()
      await moveLegacy()
      const paths = (await SecretFile.names(files)).filter((name) => name.endsWith(".json") && !name.startsWith("."))
      const found = await Promise.all(paths.sort().map((name) => readAt(Path.join(files, name))))
      return found.filter((kept) => kept !== undefined)
    })
  }
}
