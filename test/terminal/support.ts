/** A real terminal: a shell in tmux, what a person types there and what they see, and transcripts of it for the documents. */
import { execFile, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { assert, onTestFinished } from "@effect/vitest"
import { bin, root } from "../cli/support.js"

export interface Terminal {
  /** What was on the screen up to now, wrapped rows joined; `escapes` keeps the colours, `rows` also the rows as they are wrapped. */
  readonly screen: (keep?: "escapes" | "rows") => Promise<string>
  /** Waits until the pattern is on the screen, and gives the first match. */
  readonly see: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Types a command line, and Enter. */
  readonly run: (line: string) => Promise<void>
  /** The exit code of what runs, once it has ended. */
  readonly ended: () => Promise<number>
  /** Types, character by character. */
  readonly type: (text: string) => Promise<void>
  /** Pastes, as a person with a mouse does; nothing is entered. */
  readonly paste: (text: string) => Promise<void>
  /** A key by tmux's name, such as `C-c`. */
  readonly press: (key: string) => Promise<void>
  readonly cursorIsVisible: () => Promise<boolean>
  readonly home: string
}

const deadline = 20_000

/** Looks again until there is something: a terminal tells nobody when its screen changes. */
const poll = async <A>(look: () => Promise<A | undefined>, otherwise: () => Promise<string>): Promise<A> => {
  const end = performance.now() + deadline
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > end) throw new Error(await otherwise())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A shell with the command in its PATH, in a home of its own, on a tmux server of its own. */
export const openTerminal = async (
  options: { readonly env?: Readonly<Record<string, string>> | undefined; readonly columns?: number | undefined } = {}
): Promise<Terminal> => {
  // Not in TMPDIR: words are broken by how long the path of the home is, and so are the transcripts.
  const folder = mkdtempSync("/tmp/terminal-")
  const home = join(folder, "home")
  const path = join(folder, "bin")
  mkdirSync(home)
  mkdirSync(path)
  symlinkSync(bin, join(path, "openrouter-oauth"))
  const tmux = (...args: ReadonlyArray<string>) =>
    new Promise<string>((resolve, reject) =>
      execFile(
        "tmux",
        ["-u", "-L", "effect-openrouter-oauth", "-f", "/dev/null", ...args],
        { env: { PATH: process.env.PATH, TMUX_TMPDIR: folder }, encoding: "utf8" },
        (error, stdout) => (error === null ? resolve(stdout) : reject(error))
      )
    )
  onTestFinished(async () => {
    await tmux("kill-server").catch(() => {})
    rmSync(folder, { recursive: true, force: true })
  })
  // Nothing of who runs the tests. CI keeps the command from looking for a browser, and from guessing where it runs.
  const env = {
    PATH: `${path}:${process.env.PATH}`,
    HOME: home,
    XDG_CONFIG_HOME: join(home, ".config"),
    TERM: "tmux-256color",
    PS1: "[exit $?]\n$ ",
    CI: "true",
    ...options.env
  }
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const size = ["-x", String(options.columns ?? 80), "-y", "50"]
  await tmux("new-session", "-d", ...size, "-c", root, "env", "-i", ...variables, "sh")

  const screen = async (keep?: "escapes" | "rows") =>
    (
      await tmux(
        "capture-pane",
        "-p",
        "-S",
        "-",
        ...(keep === "rows" ? [] : ["-J"]),
        ...(keep === undefined ? [] : ["-e"])
      )
    )
      .replace(/[ \t]+$/gm, "")
      .trimEnd()
  const see = (pattern: RegExp) =>
    poll(
      async () => pattern.exec(await screen()) ?? undefined,
      async () => `The terminal did not show ${pattern}, but:\n${await screen()}`
    )
  await see(/^\$$/m)
  let runs = 0
  const type = async (text: string) => {
    await tmux("send-keys", "-l", text)
  }
  const press = async (key: string) => {
    await tmux("send-keys", key)
  }
  return {
    screen,
    see,
    run: async (line) => {
      runs++
      await type(line)
      await press("Enter")
    },
    // The shell's prompt tells it; the first one stands before the first command.
    ended: () =>
      poll(
        async () => {
          const prompts = Array.from((await screen()).matchAll(/^\[exit (\d+)\]\n\$/gm), ([, code]) => Number(code))
          return prompts[runs]
        },
        async () => `The command did not end:\n${await screen()}`
      ),
    type: async (text) => {
      for (const character of text) await type(character)
    },
    paste: async (text) => {
      await tmux("set-buffer", text)
      await tmux("paste-buffer")
    },
    press,
    cursorIsVisible: async () => (await tmux("display-message", "-p", "#{cursor_flag}")).trim() === "1",
    home
  }
}

/** `openrouter-oauth sandbox` in a process of its own. */
export const startSandbox = async (
  flags: ReadonlyArray<string> = []
): Promise<{ readonly url: string; readonly apiKey: string }> => {
  const child = spawn(bin, ["sandbox", "--port", "0", "--json", ...flags], { stdio: ["ignore", "pipe", "ignore"] })
  onTestFinished(() => {
    child.kill()
  })
  const line = await new Promise<string>((resolve) => createInterface(child.stdout).once("line", resolve))
  return JSON.parse(line)
}

/** Takes a port, any one unless it is named, until it is let go. */
export const takePort = (wanted = 0): Promise<{ readonly port: number; readonly letGo: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resolve({ port, letGo: () => new Promise((done) => server.close(() => done())) })
    })
  })

/** A port that nobody listens on. */
export const closedPort = async (): Promise<number> => {
  const { letGo, port } = await takePort()
  await letGo()
  return port
}

/** What differs from run to run, made the same; `home` and the ports are those of this run. */
export const normalised = (
  text: string,
  { home }: Terminal,
  ports: ReadonlyArray<readonly [from: number, to: number]>
): string =>
  ports
    .reduce((all, [from, to]) => all.replaceAll(new RegExp(`(?<!\\d)${from}(?!\\d)`, "g"), String(to)), text)
    .replaceAll(home, "/home/you")
    .replace(/(\/auth\?(?:callback_url=\S+?callback|code_challenge=))\S+/g, "$1…")
    .replace(/(\/callback\?attempt=)\S+/g, "$1…&code=auth_code_…&state=…")
    .replace(/(\/keys\/)[0-9a-f]{64}/g, "$1…")
    .replace(/(sk-or-v1-|auth_code_)[0-9a-f]{8,}/g, "$1…")
    .replace(/(\/credentials\/\S+\.)[0-9a-f]{16}(?=\.json)/g, (_, before) => `${before}0123456789abcdef`)
    .replace(/^(code(?:Verifier|Challenge) +)[\w-]{43}/gm, "$1…")
    .replace(/^[-|/\\] (?=.* left >)/gm, "| ")
    .replace(/\d:\d\d(?= left)/g, "4:59")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2026-11-21T12:00:00.000Z")
    .replace(/^\d\d:\d\d:\d\d\.\d{3} DEBUG/gm, "12:00:00.000 DEBUG")
    .replace(/ in \d+ ms$/gm, " in 20 ms")
    .replace(/"appId":\d+/g, '"appId":18684111')
    .replace(/127\.0\.0\.1(?::|%3A)(?!8787|3000)\d{4,}/g, (address) => address.replace(/\d+$/, "40123"))

/** What a command says only if it has to wait: a busy machine must not change a transcript. */
const saidWhileWaiting = /^(?:Waiting for the (?:code|verifier), a line of|Asking )[^…]*…\n/gm

/** The transcripts that were compared, by file: what no test makes must not be shown. */
const made = new Map<string, Set<string>>()

const blocks = (name: string) => new RegExp(`(<!-- transcript: ${name} -->\\n+\`\`\`console\\n)([^]*?)(\`\`\`)`)

/**
 * What is on the screen is what the document shows under this name. With UPDATE_TRANSCRIPTS=1 the document is changed instead.
 */
export const transcript = async (
  terminal: Terminal,
  name: string,
  options: {
    readonly file?: string | undefined
    readonly ports?: ReadonlyArray<readonly [from: number, to: number]> | undefined
    /** What was typed, and what a reader types instead. */
    readonly replace?: readonly [typed: string, shown: string] | undefined
    /** Further lines that are only shown if a command has to wait. */
    readonly whileWaiting?: RegExp | undefined
  } = {}
): Promise<void> => {
  const { file = "docs/cli.md", ports = [], replace: [typed, instead] = ["", ""], whileWaiting = /$^/ } = options
  const screen = (await terminal.screen())
    .replace(/^\[exit \d+\]\n/, "")
    .replace(/\n\$$/, "")
    .replace(typed, instead)
    .replaceAll(saidWhileWaiting, "")
    .replaceAll(new RegExp(whileWaiting, "gm"), "")
  const shown = `${normalised(screen, terminal, ports)
    .replace(/^\[exit 0\]\n/gm, "")
    .replace(/\n\[exit 0\]$/, "")}\n`
  made.set(file, (made.get(file) ?? new Set()).add(name))
  const path = join(root, file)
  const text = readFileSync(path, "utf8")
  const block = blocks(name).exec(text)
  assert(block !== null, `${file} has no block for the transcript ${name}`)
  if (process.env.UPDATE_TRANSCRIPTS) {
    writeFileSync(
      path,
      text.replace(blocks(name), (_, head, __, tail) => `${head}${shown}${tail}`)
    )
  } else {
    assert.strictEqual(block[2], shown, `${file}, ${name}: UPDATE_TRANSCRIPTS=1 npm run test:terminal writes it anew`)
  }
}

/** The transcripts of a document, and those that the tests of this run made. */
export const transcriptsOf = (file: string) => ({
  shown: Array.from(readFileSync(join(root, file), "utf8").matchAll(/<!-- transcript: (.+?) -->/g), ([, name]) => name),
  made: [...(made.get(file) ?? [])]
})
