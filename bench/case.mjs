/**
 * One subject of one case, in this process: `node bench/case.mjs cpu effect` prints a figure. bench/run.mjs starts it as a child
 * and asks for one figure after another.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { cases } from "./cases/index.mjs"

const [name, subject, mode = "full", givenPort] = process.argv.slice(2)
const chosen = cases[name]
if (chosen === undefined || !chosen.subjects.includes(subject)) {
  console.error(`node bench/case.mjs <case> <subject> [full|quick|smoke]\n`)
  for (const [each, { subjects }] of Object.entries(cases)) console.error(`  ${each}: ${subjects.join(", ")}`)
  process.exit(2)
}
const { calls, warmUp } = chosen[mode]

/** The one module that may be missing. */
const isMissing = (error) =>
  error.code === "ERR_MODULE_NOT_FOUND" && /NodeOAuthClient\.js' imported from/.test(error.message)

const ownServer = async () => {
  const server = fork(fileURLToPath(new URL("server.mjs", import.meta.url)))
  const [{ port }] = await once(server, "message")
  return port
}

const prepare = async (port) => {
  try {
    const prepared = await chosen.prepare(subject, port)
    await prepared.warmUp(warmUp)
    return prepared
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

if (process.send === undefined) {
  const prepared = await prepare(chosen.server ? await ownServer() : undefined)
  console.log(prepared === undefined ? "not built" : `${await prepared.measure(calls)} ${chosen.unit} a call`)
  process.exit()
} else {
  process.on("disconnect", () => process.exit())
  const prepared = await prepare(givenPort)
  process.on("message", async () => process.send({ figure: await prepared.measure(calls) }))
  process.send({ ready: prepared !== undefined })
}
