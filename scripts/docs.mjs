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

/** Leaves the text of a link to what the site does not have, such as a source file. README.md is the first page there. */
const withoutLinksOut = (text, page) =>
  text.replace(/(!?)\[([^\]]*)\]\((?!https?:|#)([^)#\s]+)(#[^)]*)?\)/g, (link, image, words, target, anchor = "") => {
    const file = normalize(join(dirname(page), target))
    if (file === "README.md") return `${image}[${words}](/${anchor})`
    return image !== "" || pages.includes(file) || file.startsWith("docs/images/") ? link : words
  })

const texts = pages.map((page) => ({
  page,
  text: withoutLinksOut(readFileSync(join(root, page), "utf8"), page)
}))
for (const { page, text } of texts) writeFileSync(join(site, page), text)

// For programs that read documentation: https://llmstxt.org
const titleOf = (text) => /^# (.+)$/m.exec(text)?.[1] ?? ""
/** The first sentence after the title. */
const summaryOf = (text) =>
  /^(.+?[.:])(?:\s|$)/s
    .exec(text.replace(/^# .+\n+/, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1"))?.[1]
    ?.replace(/\s+/g, " ") ?? ""
const linkOf = ({ page, text }) => `- [${titleOf(text)}](/${page}): ${summaryOf(text)}`
const about = (first) => texts.filter(({ page }) => first(page)).map(linkOf)
const isProject = (page) =>
  /^(?:CONTRIBUTING|CHANGELOG|CODE_OF_CONDUCT|docs\/(?:releasing|architecture|soak|mutation))/.test(page)
const isStart = (page) => /^(?:README|docs\/start-)/.test(page)
const llms = [
  `# ${manifest.name}`,
  `> ${manifest.description}`,
  "Each link is a page in Markdown. /llms-full.txt has all of them. The package is not published yet: README.md says how to install it.",
  `## Getting started\n\n${about(isStart).join("\n")}`,
  `## Guides\n\n${about((page) => !isStart(page) && !isProject(page)).join("\n")}`,
  `## Optional\n\n${about(isProject).join("\n")}`
]
writeFileSync(join(site, "public", "llms.txt"), `${llms.join("\n\n")}\n`)
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
