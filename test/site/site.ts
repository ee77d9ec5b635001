/** The built documentation site: its pages, and a server that finds `/docs/keys` in docs/keys.html, as static hosts do. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { createServer } from "node:http"
import { extname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { portOf } from "../util/server.js"

const folder = fileURLToPath(new URL("../../.tmp/site-dist", import.meta.url))

export interface SitePage {
  /** `/docs/keys`; the first page is `/`. */
  readonly path: string
  readonly html: string
}

export const pages: ReadonlyArray<SitePage> = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".html") && file !== "404.html")
  .map((file) => ({
    path: `/${file.replace(/(?:(?<=^|\/)index)?\.html$/, "")}`,
    html: readFileSync(join(folder, file), "utf8")
  }))

export const readText = (file: string): string => readFileSync(join(folder, file), "utf8")

/** The file of a path, or undefined where the site has none. */
export const fileOf = (path: string): string | undefined =>
  (path.endsWith("/") ? [`${path}index.html`] : [path, `${path}.html`, `${path}/index.html`])
    .map((file) => join(folder, decodeURIComponent(file)))
    .find((file) => extname(file) !== "" && existsSync(file))

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".woff2": "font/woff2"
}

export const serveSite = () =>
  new Promise<{ readonly origin: string; readonly stop: () => void }>((resolve) => {
    const server = createServer((request, response) => {
      const file = fileOf((request.url ?? "/").replace(/[?#].*$/, ""))
      if (file === undefined) response.writeHead(404).end()
      else response.writeHead(200, { "content-type": types[extname(file)] ?? "text/plain" }).end(readFileSync(file))
    })
    server.listen(0, "127.0.0.1", () =>
      resolve({
        origin: `http://127.0.0.1:${portOf(server)}`,
        stop: () => {
          server.closeAllConnections()
          server.close()
        }
      })
    )
  })
