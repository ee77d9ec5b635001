// The documentation site: README, the guides and the API reference, as `scripts/docs.mjs` lays them out.
import { existsSync } from "node:fs"
import { defineConfig } from "vitepress"

const isThere = ([, page]) => existsSync(new URL(`../docs/${page}.md`, import.meta.url))
const guides = (...pages) => pages.filter(isThere).map(([text, page]) => ({ text, link: `/docs/${page}` }))
const group = (text, ...pages) => ({ text, items: guides(...pages) })

/** The language of a code block has too little contrast by default; the shortcut's key is not in the name of the search button. */
const style = `html:root { --vp-code-lang-color: var(--vp-c-text-2) }
.DocSearch.DocSearch-Button .DocSearch-Button-Keys { display: none }`

/** Anchors as GitHub has them, so that a link leads to the same place there and here. */
const slugify = (text) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-")

export default defineConfig({
  title: "effect-openrouter-oauth",
  description: "Sign in with OpenRouter: in a terminal, on a web server, in a browser, in Effect programs",
  outDir: "../site-dist",
  cleanUrls: true,
  head: [
    // No icon: a browser would ask for /favicon.ico.
    ["link", { rel: "icon", href: "data:," }],
    ["style", {}, style]
  ],
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    anchor: { slugify }
  },
  rewrites: { "README.md": "index.md" },
  themeConfig: {
    nav: [
      { text: "Getting started", link: "/" },
      { text: "Guides", link: "/docs/cli" },
      { text: "API", link: "/api/" },
      { text: "Security", link: "/SECURITY" }
    ],
    sidebar: [
      {
        text: "Getting started",
        items: [
          { text: "Overview", link: "/" },
          ...guides(
            ["The command", "start-command"],
            ["A script or a tool", "start-script"],
            ["A web server", "start-server"],
            ["A page", "start-page"],
            ["React", "start-react"],
            ["An Effect program", "start-effect"],
            ["Your tests", "start-tests"]
          )
        ]
      },
      group(
        "Signing in",
        ["In a terminal", "cli"],
        ["On a web server", "server"],
        ["Connect an account", "connect-account"],
        ["From a page", "browser"],
        ["React", "react"],
        ["Desktop and editors", "apps"],
        ["Frameworks", "frameworks"]
      ),
      group("Keys", ["Where a key comes from", "keys"], ["Workload identity", "workload-identity"]),
      group(
        "Client",
        ["Endpoints", "client"],
        ["Errors", "errors"],
        ["Retry and timeouts", "retries"],
        ["Moving here", "moving"],
        ["Glossary", "glossary"]
      ),
      group(
        "Running it",
        ["The sandbox", "sandbox"],
        ["Runtimes", "runtimes"],
        ["Many machines", "scaling"],
        ["Performance", "performance"],
        ["Thirty minutes under load", "soak"],
        ["Troubleshooting", "troubleshooting"]
      ),
      {
        text: "Security",
        items: [
          { text: "Threat model", link: "/SECURITY" },
          ...guides(["Promises and tests", "promises"], ["Broken networks", "faults"])
        ]
      },
      {
        text: "Project",
        items: [
          { text: "Contributing", link: "/CONTRIBUTING" },
          ...guides(["How it is built", "architecture"], ["Releasing", "releasing"], ["Mutation tests", "mutation"]),
          { text: "Changes", link: "/CHANGELOG" }
        ]
      },
      { text: "API reference", link: "/api/" }
    ],
    outline: [2, 3],
    search: { provider: "local" }
  }
})
