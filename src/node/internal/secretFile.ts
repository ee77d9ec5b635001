/** Small files that only their owner can read: never through a link, never half written. */
import { constants, type Stats } from "node:fs"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { setTimeout } from "node:timers/promises"
import { random } from "../../internal/secret.js"
import { BackendFault, codeOf } from "./credentialBackend.js"

const isWindows = process.platform === "win32"

/** A stored credential has less than one kilobyte. */
const maxSize = 256 * 1024

/** In milliseconds. A younger file may belong to a program that is saving right now. */
const orphanedAfter = 60_000

const refused = (path: string, what: string): BackendFault =>
  new BackendFault({
    reason: "Refused",
    path,
    message: `${path} is ${what}, so it is not used. Move it away, then try again.`
  })

/** Returns the stats of the path itself, without following links; undefined if nothing is there. */
const lookAt = async (path: string) => {
  try {
    return await Fs.lstat(path)
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined
    throw error
  }
}

const checkFile = (path: string, stats: Stats): void => {
  if (!stats.isFile()) throw refused(path, "no regular file")
}

/** Reads the text and date of a file, and tightens its permissions; undefined if there is none. Does not open pipes and devices. */
export const read = async (path: string): Promise<{ readonly text: string; readonly modifiedAt: Date } | undefined> => {
  const found = await lookAt(path)
  if (found === undefined) return undefined
  checkFile(path, found)
  // A link or a pipe that has replaced the file since then is not followed, and does not block.
  const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = constants
  const file = await Fs.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error) => {
    if (codeOf(error) === "ENOENT") return undefined
    throw codeOf(error) === "ELOOP" ? refused(path, "a symbolic link") : error
  })
  if (file === undefined) return undefined
  try {
    const stats = await file.stat()
    checkFile(path, stats)
    if (stats.size > maxSize) throw refused(path, "far too large")
    if (!isWindows && (stats.mode & 0o077) !== 0) await file.chmod(0o600)
    return { text: await file.readFile("utf8"), modifiedAt: stats.mtime }
  } finally {
    await file.close()
  }
}

/** Writes a temporary file beside it, then puts it in place as a whole. A failure leaves nothing behind. */
export const write = async (path: string, text: string, place = replace): Promise<void> => {
  const existing = await lookAt(path)
  if (existing !== undefined) checkFile(path, existing)
  const temporary = Path.join(Path.dirname(path), `.${Path.basename(path)}.${random(9)}.tmp`)
  try {
    const file = await Fs.open(temporary, "wx", 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await place(temporary, path)
  } catch (error) {
    await Fs.rm(temporary, { force: true })
    throw error
  }
}

/** Puts the temporary file in place unless there is a file already. */
export const keepExisting = async (temporary: string, path: string): Promise<void> => {
  try {
    await Fs.link(temporary, path)
  } catch (error) {
    // Some file systems have no hard links.
    if (codeOf(error) !== "EEXIST" && (await lookAt(path)) === undefined) return Fs.rename(temporary, path)
  }
  await Fs.rm(temporary, { force: true })
}

const inUse = ["EPERM", "EACCES", "EBUSY"]

/** Renames. On Windows a file that another program has open cannot be replaced, so it tries again for a second. */
export const replace = async (
  temporary: string,
  path: string,
  { platform = process.platform, rename = Fs.rename, wait = setTimeout as (millis: number) => Promise<unknown> } = {}
): Promise<void> => {
  for (let waited = 0; ; waited += 50) {
    try {
      return await rename(temporary, path)
    } catch (error) {
      if (platform !== "win32" || waited >= 1_000 || !inUse.includes(codeOf(error))) throw error
      await wait(50)
    }
  }
}

/** Removes a file. Returns whether there was one. */
export const remove = async (path: string): Promise<boolean> => {
  const found = await lookAt(path)
  if (found === undefined) return false
  checkFile(path, found)
  await Fs.rm(path, { force: true })
  return true
}

/** Creates a folder with 0700, or tightens an existing one. Refuses a link and another user's folder. */
export const ownFolder = async (path: string): Promise<void> => {
  if ((await lookAt(path)) === undefined) await Fs.mkdir(path, { recursive: true, mode: 0o700 })
  const stats = await Fs.lstat(path)
  if (!stats.isDirectory()) throw refused(path, "no folder")
  if (process.getuid !== undefined && stats.uid !== process.getuid()) throw refused(path, "another user's")
  if (!isWindows && (stats.mode & 0o077) !== 0) await Fs.chmod(path, 0o700)
}

/** Returns the names of the files in a folder; none if there is no folder. */
export const names = async (folder: string): Promise<ReadonlyArray<string>> => {
  try {
    return await Fs.readdir(folder)
  } catch (error) {
    if (codeOf(error) === "ENOENT") return []
    throw error
  }
}

/** Removes temporary files of programs that were killed while they saved. */
export const removeOrphans = async (folder: string, now = Date.now()): Promise<void> => {
  const temporary = (await names(folder)).filter((name) => name.endsWith(".tmp"))
  await Promise.all(
    temporary.map(async (name) => {
      const path = Path.join(folder, name)
      const stats = await lookAt(path)
      if (stats?.isFile() && now - stats.mtimeMs > orphanedAfter) await Fs.rm(path, { force: true })
    })
  )
}
