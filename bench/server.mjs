/** A loopback server, in a process of its own, that answers every create and every exchange the same. Tells its parent the port it took. */
import { createServer } from "node:http"
import { answer, createAnswer, created, createPath, path, sent } from "./exchange.mjs"

const replyOf = (value) => {
  const body = Buffer.from(JSON.stringify(value))
  return { body, headers: { "content-type": "application/json", "content-length": body.length } }
}
const [key, code] = [replyOf(answer), replyOf(createAnswer)]

/** A subject that sends something else measures something else. */
const replyTo = ({ method, url }, text) => {
  try {
    const body = JSON.parse(text)
    const isExchange = body.code === sent.code && body.code_verifier === sent.codeVerifier
    const isCreate = body.callback_url === created.callbackUrl && body.code_challenge === created.codeChallenge
    if (method !== "POST" || body.code_challenge_method !== sent.codeChallengeMethod) return undefined
    if (url === path && isExchange) return key
    return url === createPath && isCreate ? code : undefined
  } catch {
    return undefined
  }
}

const server = createServer((request, response) => {
  let body = ""
  request.setEncoding("utf8")
  request.on("data", (chunk) => {
    body += chunk
  })
  request.on("end", () => {
    const reply = replyTo(request, body)
    if (reply !== undefined) response.writeHead(200, reply.headers).end(reply.body)
    else response.writeHead(400).end(`not a call that is measured: ${request.method} ${request.url} ${body}`)
  })
})
// Subjects take turns: their connections stay.
server.keepAliveTimeout = 120_000
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }))
process.on("disconnect", () => process.exit())
