// The documentation site: README, the guides and the API reference, as `scripts/docs.mjs` lays them out.
import { defineConfig } from "vitepress"

const guides = (...pages) => pages.map(([text, page]) => ({ text, link: `/docs/${page}` }))

export default defineConfig({
  title: "effect-openrouter-oauth",
  description: "Sign in with OpenRouter: in a terminal, on a web server, in a browser, in Effect programs",
  outDir: "../site-dist",
  cleanUrls: true,
  // No icon: a browser would ask for /favicon.ico.
  head: [["link", { rel: "icon", href: "data:," }]],
  rewrites: { "README.md": "index.md" },
  themeConfig: {
    nav: [
      { text: "Getting started", link: "/" },
      { text: "Guides", link: "/docs/cli" },
      { text: "API", link: "/api/" },
      { text: "Security", link: "/SECURITY" }
    ],
    sidebar: [
      { text: "Getting started", link: "/" },
      {
        text: "Signing in",
        items: guides(
          ["In a terminal", "cli"],
          ["On a web server", "server"],
          ["From a page", "browser"],
          ["React", "react"],
          ["Other apps", "apps"],
          ["Workloads", "workload-identity"]
        )
      },
      {
        text: "Client",
        items: guides(
          ["Endpoints", "client"],
          ["Errors", "errors"],
          ["Moving here", "moving"],
          ["Glossary", "glossary"]
        )
      },
      {
        text: "Running it",
        items: guides(
          ["The sandbox", "sandbox"],
          ["Many machines", "scaling"],
          ["Performance", "performance"],
          ["Troubleshooting", "troubleshooting"]
        )
      },
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
          ...guides(["How it is built", "architecture"], ["Releasing", "releasing"]),
          { text: "Changes", link: "/CHANGELOG" }
        ]
      },
      { text: "API reference", link: "/api/" }
    ],
    outline: [2, 3],
    search: { provider: "local" }
  }
})
