/** Runs a case: a process for each subject, warmed up, and then one round of each in turn. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"

const file = (name) => fileURLToPath(new URL(name, import.meta.url))

/** A case that takes longer has hung. */
const limitMs = 120_000

/** A child that says what is asked of it, or fails with what it wrote. */
const start = (what, path, args, execArgv = []) => {
  const child = fork(path, args, { execArgv, stdio: ["ignore", "ignore", "pipe", "ipc"] })
  let written = ""
  child.stderr.setEncoding("utf8").on("data", (text) => {
    written += text
  })
  const failed = once(child, "close").then(([status, signal]) => {
    throw new Error(`${what} ended with ${signal ?? status}\n${written}`)
  })
  // Nobody may be listening when it ends.
  failed.catch(() => {})
  const heard = async () => {
    const late = new AbortController()
    const message = once(child, "message", { signal: late.signal })
    const timer = setTimeout(() => late.abort(new Error(`${what} said nothing for ${limitMs / 1_000} s`)), limitMs)
    try {
      const [said] = await Promise.race([message, failed])
      return said
    } catch (error) {
      throw error.name === "AbortError" ? error.cause : error
    } finally {
      clearTimeout(timer)
      message.catch(() => {})
      late.abort()
    }
  }
  const stop = () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL")
  }
  return { child, heard, stop }
}

/** At most so many at once, in order. */
const inTurns = async (atOnce, items, run) => {
  const left = [...items.entries()]
  const results = []
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) results[next[0]] = await run(next[1])
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}

/** The figures of every subject: `{ sdk: [..], undici: undefined }`, undefined for what is not built. */
export const rounds = async (name, chosen, mode) => {
  const { processes, rounds } = chosen[mode]
  const figures = Object.fromEntries(chosen.subjects.map((subject) => [subject, []]))
  const children = []
  const started = (...args) => {
    const child = start(...args)
    children.push(child)
    return child
  }
  try {
    const server = chosen.server ? started("the loopback server", file("server.mjs"), []) : undefined
    const port = server === undefined ? [] : [String((await server.heard()).port)]
    for (let process = 0; process < processes; process++) {
      const subjects = await inTurns(availableParallelism(), chosen.subjects, async (subject) => {
        const what = `${name}, ${subject},`
        const child = started(what, file("case.mjs"), [name, subject, mode, ...port], chosen.flags)
        return { subject, ...child, ready: (await child.heard()).ready }
      })
      const built = subjects.filter(({ ready }) => ready)
      for (let round = 0; round < rounds; round++) {
        const measure = async ({ child, heard, subject }) => {
          child.send("round")
          figures[subject].push((await heard()).figure)
        }
        // Whoever is first is another one in each round.
        const order = built.map((_, i) => built[(i + round) % built.length])
        await inTurns(chosen.atOnce === true ? availableParallelism() : 1, order, measure)
      }
      for (const { stop } of subjects) stop()
    }
  } finally {
    for (const { stop } of children) stop()
  }
  for (const [subject, measured] of Object.entries(figures)) {
    if (measured.length === 0) figures[subject] = undefined
    else if (!measured.every(Number.isFinite)) throw new Error(`${name}, ${subject}: gave ${measured}`)
  }
  return figures
}
