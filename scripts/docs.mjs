// npm run docs: the documentation site, in .tmp/site-dist. It needs no network, and a dead link fails it.
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const site = join(root, ".tmp", "site")
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** Runs the command of a development dependency. */
const run = (file, args) => {
  const { status } = spawnSync(process.execPath, [join(root, "node_modules", file), ...args], {
    cwd: root,
    stdio: "inherit"
  })
  if (status !== 0) process.exit(status ?? 1)
}

rmSync(site, { recursive: true, force: true })
mkdirSync(join(site, ".vitepress"), { recursive: true })
mkdirSync(join(site, "public"))
writeFileSync(join(site, "package.json"), '{"type":"module"}\n')
cpSync(join(root, "site", "config.mjs"), join(site, ".vitepress", "config.mjs"))
cpSync(join(root, "docs"), join(site, "docs"), { recursive: true })

/** The source of every public module, by its subpath. */
const modules = Object.entries(manifest.exports)
  .filter(([subpath, target]) => target !== null && !subpath.endsWith(".json") && subpath !== ".")
  .map(([, { types }]) => types.replace("./dist/", "src/").replace(/\.d\.ts$/, ".ts"))

run("typedoc/bin/typedoc", [
  "--plugin",
  "typedoc-plugin-markdown",
  "--tsconfig",
  "tsconfig.build.json",
  "--out",
  join(site, "api"),
  "--entryFileName",
  "index",
  "--outputFileStrategy",
  "modules",
  "--name",
  "API reference",
  "--readme",
  "none",
  "--excludeExternals",
  "--excludePrivate",
  "--excludeInternal",
  "--disableSources",
  "--excludeTags",
  "@since",
  "--hideGenerator",
  "--hideBreadcrumbs",
  "--logLevel",
  "Error",
  ...modules
]) // prettier-ignore

const pages = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md"].concat(
  readdirSync(join(root, "docs"))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`)
)

/** Leaves the text of a link to what the site does not have, such as a source file. */
const withoutLinksOut = (text, page) =>
  text.replace(/(!?)\[([^\]]*)\]\((?!https?:|#)([^)#\s]+)(#[^)]*)?\)/g, (link, image, words, target) => {
    const file = normalize(join(dirname(page), target))
    return image !== "" || pages.includes(file) || file.startsWith("docs/images/") ? link : words
  })

const texts = pages.map((page) => ({
  page,
  text: withoutLinksOut(readFileSync(join(root, page), "utf8"), page)
}))
for (const { page, text } of texts) writeFileSync(join(site, page), text)

// For programs that read documentation: https://llmstxt.org
const titleOf = (text) => /^# (.+)$/m.exec(text)?.[1] ?? ""
const index = texts.map(({ page, text }) => `- [${titleOf(text)}](/${page.replace(/\.md$/, "")})`)
writeFileSync(
  join(site, "public", "llms.txt"),
  `# ${manifest.name}\n\n> ${manifest.description}\n\n${index.join("\n")}\n`
)
writeFileSync(join(site, "public", "llms-full.txt"), texts.map(({ text }) => text).join("\n\n---\n\n"))

run("vitepress/bin/vitepress.js", ["build", site])
const built = join(root, ".tmp", "site-dist")
// Each page as it was written, beside its HTML: llms.txt links there.
for (const { page, text } of texts) writeFileSync(join(built, page), text)
if (!existsSync(join(built, "index.html"))) {
  console.error("docs: the site has no first page")
  process.exit(1)
}
console.log("docs: .tmp/site-dist is the site; npx vitepress preview .tmp/site shows it")
