import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { issued, type Site, showKey, site } from "./support.js"

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

const heapUsed = () => {
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const get = async (url: string | URL, cookie = "") => {
  const response = await fetch(url, { redirect: "manual", headers: { cookie } })
  await response.arrayBuffer()
  return { headers: response.headers, location: response.headers.get("location") ?? "" }
}

/** Four requests: a begin, two strays that aim at the sign-in before its callback comes, and the callback. */
const signIn = async ({ at }: Site, n: number, foreign: string): Promise<string | null> => {
  const begin = await get(at("/auth/openrouter"))
  const [cookie = ""] = begin.headers.getSetCookie().map((line) => line.replace(/;.*/, ""))
  const { location: callback } = await get(begin.location)
  const strays = [
    get(callback, cookie.replace(/[^.]*$/, "x".repeat(43))),
    [
      () => get(callback),
      () => get(foreign, cookie),
      () => get(at(`/auth/openrouter/callback?code=${n}&attempt=${n}`), cookie),
      () => get(at(`/auth/openrouter/callback?${"x".repeat(8 * 1024)}`), cookie),
      () => get(`${callback}&code=again`, cookie)
    ][n % 5]?.()
  ]
  for (const stray of await Promise.all(strays)) {
    assert.match(stray?.location ?? "", /^\/auth\/openrouter\/callback\?outcome=(other-browser|over|malformed)$/)
  }
  const done = await get(callback, cookie)
  assert.strictEqual(done.location, "/")
  return done.headers.get("x-key")
}

const atOnce = 64

it.scopedLive(
  "5,000 requests at concurrency 64, half of them strays: every sign-in completes, the memory comes back",
  () =>
    Effect.gen(function* () {
      const running = yield* site({ onSignedIn: showKey })
      const { location } = yield* Effect.promise(() => get(running.at("/auth/openrouter")))
      const { location: foreign } = yield* Effect.promise(() => get(location))
      const signIns = (count: number) =>
        Effect.forEach(
          Array.from({ length: count }, (_, n) => n),
          (n) => Effect.promise(() => signIn(running, n, foreign)),
          { concurrency: atOnce }
        )

      yield* signIns(200)
      yield* running.sandbox.requests.clear
      const before = heapUsed()
      const start = performance.now()
      const keys = new Set(yield* signIns(1250))
      const seconds = (performance.now() - start) / 1000
      assert.strictEqual(keys.size, 1250)
      assert.isFalse(keys.has(null))
      assert.strictEqual(running.exchanges(), 1250)
      assert.lengthOf(issued(running), 1450)
      keys.clear()
      const growth = (heapUsed() - before) / 1024 / 1024
      console.log(`5,000 requests in ${seconds.toFixed(1)} s; the heap grew by ${growth.toFixed(1)} MiB`)
      assert.isBelow(growth, 20)
    }),
  120_000
)
