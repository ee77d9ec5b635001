// npm start: `openrouter-oauth login --sandbox`, with what happens in plain words before it. Where nobody can press a button the
// sandbox presses it itself; so it does with: npm start -- --approve
import { rmSync } from "node:fs"
import { fileURLToPath, pathToFileURL } from "node:url"

const { CI } = process.env
const someoneIsThere = process.stdin.isTTY === true && process.stderr.isTTY === true && (!CI || CI === "false")
const given = process.argv.slice(2)
const approve = given.includes("--approve") || !someoneIsThere

process.stderr.write(`This is how a program signs you in with OpenRouter. A sandbox on this machine plays OpenRouter: no account, no network.

  1. The program makes up a secret, and puts only its SHA-256 into the address of a page (PKCE).
  2. ${approve ? "The sandbox consents on that page by itself" : "Your browser shows that page: press Authorize there"}.
  3. The page leads back to the program, which listens on 127.0.0.1, with a code.
  4. The program sends the code and the secret, and gets an API key for you.
${approve ? "" : "\nNo browser on this machine? Stop it with Ctrl-C, and run: npm start -- --approve\n"}
`)
const flags = new Set(["--sandbox", ...(approve ? ["--approve"] : []), ...given])
process.argv.splice(2, given.length, "login", ...flags)
// From the sources, without a build; loaded only now, so that the words above are there at once.
const { bundleCommand } = await import("./command.mjs")
const folder = fileURLToPath(new URL(`../.tmp/start-${process.pid}`, import.meta.url))
process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
await bundleCommand(`${folder}/bin.js`)
await import(pathToFileURL(`${folder}/bin.js`).href)
