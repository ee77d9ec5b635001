/** The modules that are made of Node's own: for Node, Bun and Deno. */
import { mkdtemp, rm, stat } from "node:fs/promises"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
import * as NodeOAuthClient from "effect-openrouter-oauth/node/NodeOAuthClient"
import { toMiddleware } from "effect-openrouter-oauth/node/NodeSignInRoutes"
import { signIn } from "effect-openrouter-oauth/node/PromiseSignIn"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { type Check, equal, matches, rejection, tagOf } from "./check.js"
import { exchanging, postsOfExchanges } from "./client.js"
import { openChecks } from "./open.js"

interface Answer {
  readonly status: number | undefined
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

/** A navigation: `fetch` would say in its headers that it is none. */
const get = (url: string | URL, headers: Http.OutgoingHttpHeaders = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = Http.get(url, { headers }, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (text: string) => {
        body += text
      })
      response.once("end", () => resolve({ status: response.statusCode, headers: response.headers, body }))
    })
    request.once("error", reject)
  })

const cookiesOf = ({ headers }: Answer): string =>
  (headers["set-cookie"] ?? []).map((cookie) => cookie.split(";", 1)[0]).join("; ")

/** What a browser does from the start address to the last page. */
const browse = async (url: string): Promise<Answer> => {
  const start = await get(url)
  const consent = await get(start.headers.location ?? "")
  return get(consent.headers.location ?? "", { cookie: cookiesOf(start) })
}

export const nodeChecks: ReadonlyArray<Check> = [
  ...openChecks,
  {
    name: "node/NodeOAuthClient.layerUndici: reads what a key may do",
    run: async ({ apiKey, baseUrl }) => {
      const program = Effect.flatMap(OAuthClient.OAuthClient, (client) => client.getCurrentKey(Redacted.make(apiKey)))
      const layer = NodeOAuthClient.layerUndici({ baseUrl })
      equal((await Effect.runPromise(Effect.provide(program, layer))).limit, null)
    }
  },
  {
    name: "node/NodeOAuthClient.layerUndici: a code is sent once where a kept connection breaks",
    run: async ({ breakingUrl }) => {
      const { dispose, exchange } = exchanging(NodeOAuthClient.layerUndici({ baseUrl: breakingUrl }))
      equal(await postsOfExchanges(breakingUrl, exchange), 8, "the number of POSTs")
      await dispose()
    }
  },
  {
    name: "sandbox/node: listens on a port of its own, and a taken port is PortUnavailable",
    run: async () => {
      const program = Effect.gen(function* () {
        const { baseUrl, port } = yield* SandboxNode.SandboxServer
        const { status } = yield* Effect.promise(() => get(`${baseUrl}/key`))
        const again = Effect.scoped(Effect.provide(Effect.void, SandboxNode.layerServer({ port })))
        return [status, (yield* Effect.flip(again))._tag]
      })
      equal(await Effect.runPromise(Effect.provide(program, SandboxNode.layerServer())), [401, "PortUnavailable"])
    }
  },
  {
    name: "node/PromiseSignIn: a whole loopback sign-in",
    run: async ({ baseUrl }) => {
      let last: Promise<Answer> | undefined
      const { key } = await signIn({
        client: { baseUrl },
        headless: false,
        openBrowser: false,
        prompt: () => new Promise(() => {}),
        onWaiting: ({ url }) => {
          last = browse(url)
        }
      })
      matches(key, /^sk-or-/)
      const page = await last
      equal(page?.status, 200)
    }
  },
  {
    name: "node/PromiseSignIn: an aborted sign-in rejects with the reason",
    run: async ({ baseUrl }) => {
      const controller = new AbortController()
      const reason = { because: "the user left" }
      const error = await rejection(
        signIn({
          client: { baseUrl },
          headless: false,
          openBrowser: false,
          prompt: () => new Promise(() => {}),
          signal: controller.signal,
          onWaiting: () => controller.abort(reason)
        })
      )
      equal(error === reason, true, `the reason itself (it is ${tagOf(error)})`)
    }
  },
  {
    name: "node/CredentialStore: keeps a key in a file that only its owner reads",
    run: async ({ baseUrl }) => {
      const folder = join(await mkdtemp(join(tmpdir(), "runtimes-")), "openrouter-oauth")
      const program = Effect.gen(function* () {
        const store = yield* CredentialStore.CredentialStore
        yield* store.set({ baseUrl }, { key: Redacted.make("sk-or-v1-kept"), userId: "user_1" })
        const [stored] = yield* store.list
        return stored && Redacted.value(stored.key)
      })
      equal(await Effect.runPromise(Effect.provide(program, CredentialStore.layer({ folder }))), "sk-or-v1-kept")
      equal((await stat(folder)).mode & 0o777, 0o700, "the folder's mode")
      await rm(join(folder, ".."), { recursive: true })
    }
  },
  {
    name: "node/NodeSignInRoutes: signs in on a server of node:http",
    run: async ({ baseUrl }) => {
      const server = Http.createServer()
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      const { port } = server.address() as AddressInfo
      const origin = `http://127.0.0.1:${port}`
      const keys: Array<string> = []
      const middleware = toMiddleware({
        callbackUrl: `${origin}/auth/openrouter/callback`,
        client: { baseUrl },
        onSignedIn: ({ key }, _request, response) => {
          keys.push(key)
          response.writeHead(303, { location: "/" }).end()
        }
      })
      server.on("request", (request, response) => middleware(request, response, () => response.end("the app")))
      equal((await browse(`${origin}/auth/openrouter`)).status, 303)
      matches(keys[0] ?? "", /^sk-or-/)
      equal((await get(`${origin}/elsewhere`)).body, "the app")
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await middleware.dispose()
    }
  }
]
