/**
 * Each page "Getting started" of the built site, followed to the letter: in a fresh folder, with the packed package, up to a user who is
 * signed in to the sandbox. Prints what that takes.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { launch } from "../util/chromium.js"
import { portOf } from "../util/server.js"
import { linesOfCode, numberOfCommands, readGuide } from "./guide.js"
import { makeReader, type Program, type Reader } from "./reader.js"

const root = fileURLToPath(new URL("../..", import.meta.url))
const packed = mkdtempSync(join(tmpdir(), "packed-"))
const taken: Array<{
  readonly path: string
  readonly commands: number
  readonly lines: number
  readonly seconds: number
}> = []

let browser: Browser
let tarball: string

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => {
      const port = portOf(server)
      server.close(() => resolve(port))
    })
  })

const authorize = async (address: string, begin?: string): Promise<string> => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(address)
  if (begin !== undefined) await page.getByText(begin).click()
  await page.getByRole("button", { name: "Authorize" }).click()
  await page
    .getByText(/signed in/i)
    .first()
    .waitFor()
  const text = await page.textContent("body")
  await context.close()
  return text ?? ""
}

/** The program shows an address, and goes on when its user has consented there. */
const inTerminal = async (program: Program): Promise<string> => {
  const [address] = await program.prints(/http:\/\/127\.0\.0\.1:\d+\/(?=\s)/)
  await authorize(address)
  return program.ended
}

/** A server says where it listens, and its user goes there. */
const served = async (program: Program): Promise<string> => {
  const [address] = await program.prints(/http:\/\/localhost:\d+/)
  return authorize(address, "Sign in with OpenRouter")
}

beforeAll(async () => {
  // What the test needs is built, and the scripts of packing would build it again.
  const pack = ["pack", "--json", "--silent", "--ignore-scripts", "--pack-destination", packed]
  const { stdout } = await promisify(execFile)("npm", pack, { cwd: root, maxBuffer: 1 << 24 })
  const [{ filename }] = JSON.parse(stdout)
  tarball = join(packed, filename)
  browser = await launch()
}, 60_000)

afterAll(async () => {
  await browser.close()
  rmSync(packed, { recursive: true, force: true })
  console.table(taken)
})

/** The shortest way in a terminal, on a server and from a page is at most so many lines of own code. */
const shortest = 12

describe.each([
  { guide: "start-command", most: shortest, end: inTerminal, says: /Signed in to the sandbox as user_sandbox/ },
  { guide: "start-script", most: shortest, end: inTerminal, says: /Signed in as user_sandbox/ },
  { guide: "start-server", most: shortest, end: served, port: "3000", says: /Signed in as user_sandbox/ },
  { guide: "start-page", most: shortest, end: served, port: "5173", says: /Signed in, with a key/ },
  { guide: "start-react", most: 20, end: served, port: "5173", says: /Signed in/ },
  {
    guide: "start-effect",
    most: 26,
    end: inTerminal,
    says: /Signed in as user_sandbox\. The key prints as <redacted>/
  },
  { guide: "start-tests", most: 16, end: (program: Program) => program.ended, says: /1 passed/ }
])("the page docs/$guide", ({ end, guide, most, port, says }) => {
  let reader: Reader | undefined

  afterAll(() => reader?.leave(), 60_000)

  it("leads to a signed-in user", async () => {
    const begun = performance.now()
    reader = makeReader(tarball, {
      8787: await freePort(),
      ...(port === undefined ? {} : { [port]: await freePort() })
    })
    const steps = readGuide(guide)
    assert.match(await end(await reader.follow(steps)), says)
    taken.push({
      path: guide,
      commands: numberOfCommands(steps),
      lines: linesOfCode(steps),
      seconds: Math.round((performance.now() - begun) / 100) / 10
    })
  }, 120_000)

  it(`takes at most ${most} lines of the reader's own`, () => {
    assert.isAtMost(linesOfCode(readGuide(guide)), most)
  })
})
