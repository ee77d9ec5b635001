// The licences of the packages that a bundle carries.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** The folders of the packages that esbuild took files from, such as `node_modules/effect`. */
const bundledPackages = ({ inputs }) => {
  const folders = Object.keys(inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [])
  return [...new Set(folders)].sort()
}

/** One section a package: name, version, licence, and the text of its licence files. Throws where a package has no such text. */
export const notices = (root, metafile) => {
  const sections = bundledPackages(metafile).map((folder) => {
    const { license, name, version } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
    const texts = readdirSync(join(root, folder))
      .filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file))
      .map((file) => readFileSync(join(root, folder, file), "utf8").trim())
    if (texts.length === 0) throw new Error(`${name} ${version} (${license}) has no licence file`)
    return [`${name} ${version} (${license})`, ...texts].join("\n\n")
  })
  const line = "-".repeat(80)
  return `bin.js carries these packages.\n\n${sections.join(`\n\n${line}\n\n`)}\n`
}
