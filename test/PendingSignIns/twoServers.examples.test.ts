/** The example of two servers, on the SQLite file that it shares where nothing is installed. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { program } from "../services/processes.js"
import { callbacksOnTheOther } from "./twoServers.js"

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "two-servers-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

describe("two servers on one SQLite file", () => {
  it.live(
    "200 sign-ins, each completed by the server that did not begin it: none lost, none twice",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        yield* callbacksOnTheOther(`file:${join(folder, "pending.db")}`, 200)
      }).pipe(Effect.scoped),
    120_000
  )

  it.live(
    "examples/two-servers/start.ts: one address, two servers in turns, signed in by the other one",
    () =>
      Effect.gen(function* () {
        const { line } = yield* program("examples/two-servers/start.ts", [], { PORT: "0" })
        const [, url = ""] = /^Open (http:\S+)$/.exec(yield* line) ?? []
        const get = (address: string, init: RequestInit = {}) =>
          Effect.promise(() => fetch(address, { redirect: "manual", ...init }))
        const begun = yield* get(`${url}/auth/openrouter`)
        const cookie = (begun.headers.get("set-cookie") ?? "").replace(/;.*/, "")
        const consent = yield* get(begun.headers.get("location") ?? "")
        const form = yield* Effect.promise(() => consent.text())
        assert.include(form, "Two servers")
        assert.strictEqual(yield* line, "GET /auth/openrouter: server A")
        const [, action = ""] = /<form[^>]* action="([^"]*)"/.exec(form) ?? []
        const fields = Array.from(form.matchAll(/<(?:input|button)[^>]* name="([^"]*)"[^>]* value="((?!deny)[^"]*)"/g))
        const body = new URLSearchParams(fields.map(([, name = "", value = ""]) => [name, value]))
        const answer = yield* get(new URL(action, consent.url).href, { method: "POST", body })
        const signedIn = yield* get(answer.headers.get("location") ?? "", { headers: { cookie } })
        assert.strictEqual(yield* line, "GET /auth/openrouter/callback: server B")
        assert.strictEqual(signedIn.headers.get("location"), "/signed-in?completed-by=B")
      }).pipe(Effect.scoped),
    60_000
  )
})
