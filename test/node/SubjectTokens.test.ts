import * as Fs from "node:fs/promises"
import { createServer, type IncomingMessage } from "node:http"
import * as Os from "node:os"
import * as Path from "node:path"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as SubjectTokens from "effect-openrouter-oauth/node/SubjectTokens"
import { portOf } from "../util/server.js"

const makeFolder = Effect.acquireRelease(
  Effect.promise(() => Fs.mkdtemp(Path.join(Os.tmpdir(), "subject-token-"))),
  (folder) => Effect.promise(() => Fs.rm(folder, { recursive: true, force: true }))
)

describe("fromFile", () => {
  it.scopedLive("reads the file anew each time, without the line's end", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* makeFolder, "token")
      const token = SubjectTokens.fromFile(path)
      yield* Effect.promise(() => Fs.writeFile(path, "a.b.1\n"))
      assert.strictEqual(Redacted.value(yield* token), "a.b.1")
      yield* Effect.promise(() => Fs.writeFile(path, "a.b.2"))
      assert.strictEqual(Redacted.value(yield* token), "a.b.2")
    })
  )

  it.scopedLive("follows the links by which Kubernetes replaces a projected token", () =>
    Effect.gen(function* () {
      const folder = yield* makeFolder
      const put = (version: string) =>
        Effect.promise(async () => {
          await Fs.mkdir(Path.join(folder, version))
          await Fs.writeFile(Path.join(folder, version, "token"), `a.b.${version}`)
          await Fs.symlink(version, Path.join(folder, "..data_tmp"))
          await Fs.rename(Path.join(folder, "..data_tmp"), Path.join(folder, "..data"))
        })
      yield* put("1")
      yield* Effect.promise(() => Fs.symlink(Path.join("..data", "token"), Path.join(folder, "token")))
      const token = SubjectTokens.fromFile(Path.join(folder, "token"))
      assert.strictEqual(Redacted.value(yield* token), "a.b.1")
      yield* put("2")
      assert.strictEqual(Redacted.value(yield* token), "a.b.2")
    })
  )

  it.scopedLive("is absent where there is no file", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* makeFolder, "token")
      const error = yield* Effect.flip(SubjectTokens.fromFile(path))
      assert.strictEqual(error.reason, "Absent")
      assert.strictEqual(error.operation, "SubjectTokens.fromFile")
      assert.strictEqual(error.message, `There is no subject token at ${path}.`)
    })
  )

  it.scopedLive("fails where the file is empty", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* makeFolder, "token")
      yield* Effect.promise(() => Fs.writeFile(path, " \n"))
      const error = yield* Effect.flip(SubjectTokens.fromFile(path))
      assert.strictEqual(error.reason, "Failed")
      assert.strictEqual(error.message, `The subject token at ${path} is empty.`)
    })
  )

  it.scopedLive("fails where it cannot be read", () =>
    Effect.gen(function* () {
      const folder = yield* makeFolder
      const error = yield* Effect.flip(SubjectTokens.fromFile(folder))
      assert.strictEqual(error.reason, "Failed")
      assert.strictEqual(error.message, `The subject token at ${folder} cannot be read (EISDIR).`)
    })
  )
})

describe("fromGitHubActions", () => {
  /** GitHub's token service. */
  const gitHub = (answer: (request: IncomingMessage) => readonly [status: number, body: string]) =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const requests: Array<{ readonly url: string | undefined; readonly authorization: string | undefined }> = []
        const server = createServer((request, response) => {
          requests.push({ url: request.url, authorization: request.headers.authorization })
          const [status, body] = answer(request)
          response.writeHead(status, { "content-type": "application/json", location: "/elsewhere" }).end(body)
        })
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
        return { requests, server, url: `http://127.0.0.1:${portOf(server)}/token?api-version=2.0` }
      }),
      ({ server }) =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        })
    )

  const token = SubjectTokens.fromGitHubActions("https://openrouter.ai/x?y=1&z")

  const inJob = (variables: Record<string, string>) =>
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

  it.scopedLive("asks for the audience, with the token of the request", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* gitHub(() => [200, JSON.stringify({ count: 1, value: "a.b.c" })])
      const variables = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token" }
      assert.strictEqual(Redacted.value(yield* token.pipe(inJob(variables))), "a.b.c")
      assert.deepStrictEqual(requests, [
        {
          url: "/token?api-version=2.0&audience=https%3A%2F%2Fopenrouter.ai%2Fx%3Fy%3D1%26z",
          authorization: "Bearer request-token"
        }
      ])
    })
  )

  it.effect.each([
    {},
    { ACTIONS_ID_TOKEN_REQUEST_URL: "https://github.example/" },
    { ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token" },
    { ACTIONS_ID_TOKEN_REQUEST_URL: "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "" }
  ])("is absent with %o", (variables) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(token.pipe(inJob(variables)))
      assert.strictEqual(error.reason, "Absent")
      assert.include(error.message, "`id-token: write`")
    })
  )

  it.effect.each(["http://github.example/token", "no address"])("does not send the request's token to %s", (url) =>
    Effect.gen(function* () {
      const variables = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token" }
      const error = yield* Effect.flip(token.pipe(inJob(variables)))
      assert.strictEqual(error.message, "ACTIONS_ID_TOKEN_REQUEST_URL must be an https URL.")
    })
  )

  it.scopedLive.each([
    [403, "{}", "GitHub's token service answered with status 403."],
    [302, "{}", "GitHub's token service did not answer."],
    [200, "<html>", "GitHub's token service did not answer."],
    [200, '{"value":""}', "GitHub's token service gave no token."],
    [200, "{}", "GitHub's token service gave no token."]
  ] as const)("fails at %i %s: %s", ([status, body, message]) =>
    Effect.gen(function* () {
      const { url } = yield* gitHub(() => [status, body])
      const variables = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token" }
      const error = yield* Effect.flip(token.pipe(inJob(variables)))
      assert.strictEqual(error.reason, "Failed")
      assert.strictEqual(error.message, message)
      assert.notInclude(inspect(error, { depth: null, showHidden: true }), "request-token")
    })
  )
})
