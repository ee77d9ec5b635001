/** The recording in README.md is what a terminal shows: typed, waited for, authorized. `UPDATE_TRANSCRIPTS=1` records it anew. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { browse, root } from "../cli/support.js"
import { type Frame, toSvg } from "./recording.js"
import { normalised, openTerminal } from "./support.js"

const file = join(root, "docs", "images", "login.svg")
const typed = ["npm", " start", " --", " --no-browser"]

it("docs/images/login.svg shows what npm start shows", async () => {
  const terminal = await openTerminal({ columns: 80, env: { CI: "", npm_config_update_notifier: "false" } })
  const frames: Array<Frame> = []
  const record = async (milliseconds: number) => {
    const screen = normalised(await terminal.screen("rows"), terminal, [])
      .replace(/^\[exit \d+\]\n/gm, "")
      .replace(/[-|/\\](?=\S* Waiting)/, "|")
    frames.push({ screen, milliseconds })
  }

  await record(800)
  let line = ""
  for (const word of typed) {
    line += word
    await terminal.type(word)
    await terminal.see(new RegExp(`^\\$ ${line}$`, "m"))
    await record(400)
  }
  await terminal.run("")
  const [, page = ""] = await terminal.see(/^ {2}(http\S+)$/m)
  await terminal.see(/left >$/)
  await record(5000)
  await browse(new URL(page), "authorize")
  assert.strictEqual(await terminal.ended(), 0)
  await record(6000)

  const svg = toSvg(
    frames,
    "npm start signs in to a sandbox: it shows an address, waits for the browser, and prints a key"
  )
  if (process.env.UPDATE_TRANSCRIPTS) writeFileSync(file, svg)
  else assert.strictEqual(readFileSync(file, "utf8"), svg, "UPDATE_TRANSCRIPTS=1 npm run test:terminal records it anew")
})
