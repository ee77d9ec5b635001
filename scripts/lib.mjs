import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"

/** The files below a folder whose name ends so. */
export const emittedFiles = (folder, ending) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))

/** When a file, or the newest one below a folder, was last changed; 0 where there is none. */
export const modifiedAt = (path) => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return 0
  return stat.isDirectory() ? Math.max(0, ...emittedFiles(path, "").map(modifiedAt)) : stat.mtimeMs
}
