/** A balancer that hands every request to the next server, so that a callback never meets the one that began. */
import { createServer, request } from "node:http"

export interface Proxy {
  readonly url: string
  /** Where requests go, in turns. */
  readonly servers: Array<string>
}

export const startProxy = (port: number, onRequest: (method: string, path: string, server: number) => void) =>
  new Promise<Proxy>((resolve, reject) => {
    const servers: Array<string> = []
    let turn = 0
    const proxy = createServer((incoming, outgoing) => {
      const server = turn++ % servers.length
      const { headers, method = "GET", url = "/" } = incoming
      onRequest(method, url.replace(/\?.*/, ""), server)
      const onward = request(new URL(url, servers[server]), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      onward.once("error", () => outgoing.writeHead(502).end("This server is gone.\n"))
      incoming.pipe(onward)
    })
    proxy.once("error", reject)
    proxy.listen(port, "127.0.0.1", () => {
      const address = proxy.address()
      resolve({
        url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}`,
        servers
      })
    })
  })
