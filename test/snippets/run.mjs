// Runs every snippet beside this file, one after the other, and says what became of it. OpenRouter is the sandbox.
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"

const { SANDBOX_ORIGIN } = process.env
const network = globalThis.fetch
globalThis.fetch = (input, init) => {
  const request = new Request(input, init)
  const url = request.url.replace(/^(?:https:\/\/openrouter\.ai|http:\/\/127\.0\.0\.1:8787)(?=\/)/, SANDBOX_ORIGIN)
  return network(url === request.url ? request : new Request(url, request))
}

const within = (promise, seconds) => {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${seconds} seconds`)), seconds * 1000)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** An Effect is run, a function without parameters is called. A layer, a client and what takes arguments is for the reader to use. */
const use = async (value) => {
  if (Effect.isEffect(value)) await Effect.runPromise(value)
  else if (typeof value === "function" && value.length === 0) await use(await value())
}

const outcomeOf = async (index) => {
  try {
    const module = await within(import(`./snippet-${index}.mjs`), 20)
    for (const value of Object.values(module)) await within(use(value), 20)
    return "done"
  } catch (error) {
    const text = String(error?.message ?? error)
    return text.includes("Service not found")
      ? "needs services"
      : `${error?._tag ?? error?.name}: ${text.split("\n")[0]}`
  }
}

for (const [index, name] of JSON.parse(readFileSync("names.json", "utf8")).entries()) {
  console.log(`snippet ${name} ${await outcomeOf(index)}`)
}
process.exit(0)
