/** A loopback server, in a process of its own, that answers every exchange the same. Tells its parent the port it took. */
import { createServer } from "node:http"
import { answer, path, sent } from "./exchange.mjs"

const reply = Buffer.from(JSON.stringify(answer))
const headers = { "content-type": "application/json", "content-length": reply.length }

/** A subject that sends something else measures something else. */
const isExchange = (request, body) => {
  try {
    const { code, code_challenge_method, code_verifier } = JSON.parse(body)
    return (
      request.method === "POST" &&
      request.url === path &&
      code === sent.code &&
      code_verifier === sent.codeVerifier &&
      code_challenge_method === sent.codeChallengeMethod
    )
  } catch {
    return false
  }
}

const server = createServer((request, response) => {
  let body = ""
  request.setEncoding("utf8")
  request.on("data", (chunk) => {
    body += chunk
  })
  request.on("end", () => {
    if (isExchange(request, body)) response.writeHead(200, headers).end(reply)
    else response.writeHead(400).end(`not the exchange that is measured: ${request.method} ${request.url} ${body}`)
  })
})
// Subjects take turns: their connections stay.
server.keepAliveTimeout = 120_000
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }))
process.on("disconnect", () => process.exit())
