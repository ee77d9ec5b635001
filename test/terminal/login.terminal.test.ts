/** `openrouter-oauth login` as a person at a terminal sees it; docs/cli.md shows what the terminal showed. */
import { assert, describe, it } from "@effect/vitest"
import { browse, copyCode, decide } from "../cli/support.js"
import {
  closedPort,
  openTerminal,
  startSandbox,
  type Terminal,
  takePort,
  transcript,
  transcriptsOf
} from "./support.js"

/** The page that the user is to open. */
const pageOf = async ({ see }: Terminal) => new URL((await see(/^ {2}(http\S+)$/m))[1] ?? "")

/** The port that the browser comes back to. */
const callbackPort = (page: URL) => Number(page.port)

/** Where the browser ends up after consent. */
const granted = async (page: URL) => (await decide(page, "authorize")).location ?? ""

const isFree = async (port: number) => {
  const { letGo } = await takePort(port)
  await letGo()
}

const onSandbox = async (...flags: ReadonlyArray<string>) => {
  const { apiKey, url } = await startSandbox(flags)
  const port = Number(new URL(url).port)
  return { apiKey, env: { OPENROUTER_BASE_URL: `${url}/api/v1` }, port: [port, 8787] as const }
}

describe("a sign-in at a terminal", () => {
  it("with the sandbox's own consent", async () => {
    const terminal = await openTerminal()
    await terminal.run("openrouter-oauth login --sandbox --approve")
    assert.strictEqual(await terminal.ended(), 0)
    await terminal.run("openrouter-oauth login --sandbox --approve --json 2>/dev/null")
    assert.strictEqual(await terminal.ended(), 0)
    await transcript(terminal, "approve")
  })

  it("by browser, and then whoami, key, logout", async () => {
    const { env, port } = await onSandbox()
    const terminal = await openTerminal({ env })
    await terminal.run('openrouter-oauth login --limit 5 --key-label "My laptop"')
    await browse(await pageOf(terminal), "authorize")
    assert.strictEqual(await terminal.ended(), 0)
    for (const command of ["whoami", "whoami --log-level debug | grep Label", "logout", "logout", "key"]) {
      await terminal.run(`openrouter-oauth ${command}`)
      assert.strictEqual(await terminal.ended(), command === "key" ? 1 : 0)
    }
    await transcript(terminal, "sign in", { ports: [port] })
  })

  it("where a key is stored already: it says as whom, and asks", async () => {
    const { env, port } = await onSandbox()
    const terminal = await openTerminal({ env })
    await terminal.run("openrouter-oauth login")
    await browse(await pageOf(terminal), "authorize")
    assert.strictEqual(await terminal.ended(), 0)
    await terminal.run("openrouter-oauth login")
    await terminal.see(/\(y\/N\)/)
    await terminal.type("n")
    await terminal.press("Enter")
    assert.strictEqual(await terminal.ended(), 0)
    await terminal.run("openrouter-oauth login --profile work")
    const [, second = ""] = await terminal.see(/^ {2}http\S+$[\s\S]*^ {2}(http\S+)$/m)
    await browse(new URL(second), "authorize")
    assert.strictEqual(await terminal.ended(), 0)
    await transcript(terminal, "again", { ports: [port] })
  })

  it("breaks its words between words on a terminal of 40 columns", async () => {
    const { env, port } = await onSandbox()
    const terminal = await openTerminal({ columns: 40, env })
    await terminal.run("openrouter-oauth whoami")
    assert.strictEqual(await terminal.ended(), 1)
    await terminal.run("openrouter-oauth login")
    await browse(await pageOf(terminal), "authorize")
    assert.strictEqual(await terminal.ended(), 0)
    await terminal.run("openrouter-oauth login")
    await terminal.see(/\(y\/N\)/)
    await terminal.press("Enter")
    assert.strictEqual(await terminal.ended(), 0)
    await terminal.run("openrouter-oauth logout")
    assert.strictEqual(await terminal.ended(), 0)
    await transcript(terminal, "narrow", { ports: [port] })
  })

  it("by a pasted callback URL", async () => {
    const terminal = await openTerminal()
    await terminal.run("openrouter-oauth login --sandbox")
    const page = await pageOf(terminal)
    await terminal.see(/left >$/)
    await terminal.paste(await granted(page))
    await terminal.press("Enter")
    assert.strictEqual(await terminal.ended(), 0)
    await isFree(callbackPort(page))
    await transcript(terminal, "paste the address")
  })

  it("by a pasted code", async () => {
    const terminal = await openTerminal()
    await terminal.run("openrouter-oauth login --sandbox")
    const code = new URL(await granted(await pageOf(terminal))).searchParams.get("code") ?? ""
    await terminal.see(/left >$/)
    await terminal.paste(code)
    await terminal.press("Enter")
    assert.strictEqual(await terminal.ended(), 0)
    await transcript(terminal, "paste the code")
  })

  it("says what it waits for while the code is exchanged, and after Ctrl-C that the code may be used up", async () => {
    const { env } = await onSandbox("--fault", "exchange:delay=forever")
    const terminal = await openTerminal({ env })
    await terminal.run("openrouter-oauth login --headless")
    const page = await pageOf(terminal)
    await terminal.see(/left >$/)
    await terminal.paste(await copyCode(page))
    await terminal.press("Enter")
    await terminal.see(/\n[-|/\\] Exchanging the code for a key…$/)
    await terminal.press("C-c")
    assert.strictEqual(await terminal.ended(), 130)
    await terminal.see(/^Stopped while the code was exchanged: it may be used up/m)
  })

  it("headless, with the code that the page shows", async () => {
    const terminal = await openTerminal()
    await terminal.run("openrouter-oauth login --sandbox --headless")
    const page = await pageOf(terminal)
    assert.isFalse(page.searchParams.has("callback_url"))
    await terminal.see(/left >$/)
    await terminal.paste(await copyCode(page))
    await terminal.press("Enter")
    assert.strictEqual(await terminal.ended(), 0)
    await transcript(terminal, "headless")
  })

  it("by the right line after wrong ones", async () => {
    const terminal = await openTerminal()
    await terminal.run("openrouter-oauth login --sandbox")
    const page = await pageOf(terminal)
    await terminal.see(/left >$/)
    await terminal.paste("http://127.0.0.1:1/callback?code=x")
    await terminal.press("Enter")
    await terminal.see(/changed nothing[^>]*left >$/)
    await terminal.paste("the code")
    await terminal.press("Enter")
    await terminal.see(/not a code[^>]*left >$/)
    await terminal.paste(await granted(page))
    await terminal.press("Enter")
    assert.strictEqual(await terminal.ended(), 0)
    await transcript(terminal, "a wrong line")
  })
})

describe("a sign-in that does not work", () => {
  it("Deny is exit 1", async () => {
    const terminal = await openTerminal()
    await terminal.run("openrouter-oauth login --sandbox")
    await browse(await pageOf(terminal), "deny")
    assert.strictEqual(await terminal.ended(), 1)
    await transcript(terminal, "denial")
  })

  it("nobody in time is exit 1", async () => {
    const terminal = await openTerminal()
    await terminal.run('openrouter-oauth login --sandbox --timeout "1 second"')
    assert.strictEqual(await terminal.ended(), 1)
    await transcript(terminal, "timeout")
  })

  it("Ctrl-C is exit 130, and the port is free", async () => {
    const terminal = await openTerminal()
    await terminal.run("openrouter-oauth login --sandbox")
    const page = await pageOf(terminal)
    await terminal.see(/left >$/)
    await terminal.press("C-c")
    assert.strictEqual(await terminal.ended(), 130)
    await transcript(terminal, "Ctrl-C")
    await isFree(callbackPort(page))
  })

  it("Ctrl-C takes what was half typed off the screen, and leaves the terminal as it was", async () => {
    const terminal = await openTerminal({ columns: 60 })
    await terminal.run("stty -g >~/before")
    await terminal.ended()
    await terminal.run("openrouter-oauth login --sandbox")
    await terminal.see(/left >$/)
    await terminal.paste("half-typed".repeat(12))
    await terminal.see(/(?:half-typed){12}$/)
    await terminal.press("C-c")
    assert.strictEqual(await terminal.ended(), 130)
    assert.notMatch(await terminal.screen(), /left >|half/)
    assert.isTrue(await terminal.cursorIsVisible())
    await terminal.run("stty -g | cmp - ~/before")
    assert.strictEqual(await terminal.ended(), 0)
  })

  it("a taken port is exit 3", async () => {
    const { letGo, port } = await takePort()
    const terminal = await openTerminal()
    await terminal.run(`openrouter-oauth login --port ${port}`)
    assert.strictEqual(await terminal.ended(), 3)
    await transcript(terminal, "taken port", { ports: [[port, 3000]] })
    await letGo()
  })

  it("no network is exit 3, with the code kept to itself", async () => {
    const port = await closedPort()
    const terminal = await openTerminal({ env: { OPENROUTER_BASE_URL: `http://127.0.0.1:${port}/api/v1` } })
    await terminal.run("openrouter-oauth login --headless")
    await terminal.see(/left >$/)
    await terminal.paste("auth_code_0123456789abcdef")
    await terminal.press("Enter")
    assert.strictEqual(await terminal.ended(), 3)
    await transcript(terminal, "no network", { ports: [[port, 8787]] })
  })

  it("a key that cannot be saved is shown, and that is exit 4", async () => {
    const { env, port } = await onSandbox()
    const terminal = await openTerminal({ env })
    await terminal.run("mkdir -p ~/.config/openrouter-oauth && echo mine > ~/.config/openrouter-oauth/credentials.json")
    await terminal.ended()
    await terminal.run("openrouter-oauth login")
    await browse(await pageOf(terminal), "authorize")
    assert.strictEqual(await terminal.ended(), 4)
    await terminal.run("cat ~/.config/openrouter-oauth/credentials.json")
    assert.strictEqual(await terminal.ended(), 0)
    await transcript(terminal, "not saved", { ports: [port] })
  })
})

describe("the steps of the flow", () => {
  it("pkce, url, create-code, exchange", async () => {
    const { apiKey, env, port } = await onSandbox()
    const terminal = await openTerminal({ env: { ...env, OPENROUTER_API_KEY: apiKey } })
    const callback = "--callback http://localhost:3000/callback"
    const lines = [
      "openrouter-oauth pkce",
      `openrouter-oauth url ${callback} --challenge E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM`,
      `openrouter-oauth create-code ${callback} --limit 5 --json`,
      `openrouter-oauth create-code ${callback} | openrouter-oauth exchange`,
      "openrouter-oauth exchange --code auth_code_used </dev/null",
      "openrouter-oauth whoami --log-level debug >/dev/null"
    ]
    const codes: Array<number> = []
    for (const line of lines) {
      await terminal.run(line)
      codes.push(await terminal.ended())
    }
    assert.deepStrictEqual(codes, [0, 0, 0, 0, 1, 0])
    await transcript(terminal, "step by step", { ports: [port], whileWaiting: /^Exchanging the code for a key…\n/ })
  })
})

describe("the status line", () => {
  it("spins in colour, with the remaining time, and no more than one row of it", async () => {
    const terminal = await openTerminal()
    await terminal.run("openrouter-oauth login --sandbox")
    for (const frame of ["|", "/", "-", "\\"]) {
      await terminal.see(
        new RegExp(`^${frame.replace(/\W/, "\\$&")} Waiting for your consent, \\d:\\d\\d left >$`, "m")
      )
    }
    await terminal.see(/4:58 left >$/)
    assert.match(await terminal.screen("escapes"), /\u001b\[36m[-|/\\]\u001b\[39m Waiting/)
    assert.lengthOf((await terminal.screen()).match(/left >/g) ?? [], 1)
    await terminal.press("C-c")
    assert.strictEqual(await terminal.ended(), 130)
  })

  it("leaves what is typed alone: slowly typed, it is taken as it was meant", async () => {
    const terminal = await openTerminal()
    await terminal.run("openrouter-oauth login --sandbox")
    const code = new URL(await granted(await pageOf(terminal))).searchParams.get("code") ?? ""
    await terminal.see(/left >$/)
    const slip = `${code}xyz`
    // Slower than the spinner: it would turn several times meanwhile.
    for (let typed = 1; typed <= slip.length; typed++) {
      await terminal.type(slip.charAt(typed - 1))
      await terminal.see(new RegExp(`left > ${slip.slice(0, typed)}$`))
    }
    for (let left = 2; left >= 0; left--) {
      await terminal.press("BSpace")
      await terminal.see(new RegExp(`left > ${code}${"xyz".slice(0, left)}$`))
    }
    assert.lengthOf((await terminal.screen()).match(/left >/g) ?? [], 1)
    await terminal.press("Enter")
    assert.strictEqual(await terminal.ended(), 0)
  })

  it("goes on where what was typed is taken back", async () => {
    const terminal = await openTerminal()
    await terminal.run("openrouter-oauth login --sandbox")
    await terminal.see(/left >$/)
    await terminal.type("x")
    await terminal.see(/left > x$/)
    await terminal.press("BSpace")
    await terminal.see(/4:5[0-7] left >$/)
    await terminal.press("C-c")
    await terminal.ended()
  })

  it("fits a narrow terminal, and a pasted line over several rows can be changed", async () => {
    const terminal = await openTerminal({ columns: 30 })
    await terminal.run("openrouter-oauth login --sandbox")
    await terminal.see(/^[-|/\\] 4:58 left >$/m)
    assert.lengthOf((await terminal.screen()).match(/left >/g) ?? [], 1)
    await terminal.paste("0123456789".repeat(9))
    await terminal.see(/(?:0123456789){9}$/)
    await terminal.press("Left")
    await terminal.press("BSpace")
    await terminal.see(/012345679$/)
    assert.lengthOf((await terminal.screen()).match(/left >/g) ?? [], 1)
    await terminal.press("C-c")
    assert.strictEqual(await terminal.ended(), 130)
  })

  it.each([
    [{ NO_COLOR: "1" }, false],
    [{ FORCE_COLOR: "0" }, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true]
  ])("with %j, coloured: %s", async (env, coloured) => {
    const terminal = await openTerminal({ env })
    await terminal.run("openrouter-oauth login --sandbox")
    await terminal.see(/left >$/)
    assert.strictEqual((await terminal.screen("escapes")).includes("\u001b["), coloured)
    await terminal.press("C-c")
    await terminal.ended()
  })

  it("is a plain line where the terminal is dumb, and where stderr is none", async () => {
    const dumb = await openTerminal({ env: { TERM: "dumb" } })
    await dumb.run("openrouter-oauth login --sandbox")
    await dumb.see(/^Waiting for your consent, 5:00 left\.$/m)
    assert.notInclude(await dumb.screen("escapes"), "\u001b[")
    await dumb.press("C-c")
    assert.strictEqual(await dumb.ended(), 130)

    const redirected = await openTerminal()
    await redirected.run('openrouter-oauth login --sandbox --timeout "1 second" 2>~/words')
    assert.strictEqual(await redirected.ended(), 1)
    await redirected.run("cat ~/words")
    await redirected.ended()
    assert.match(
      await redirected.screen("escapes"),
      /\nWaiting for your consent, 0:01 left\.\nNobody signed in within 1s\. /
    )
  })
})

describe("the help", () => {
  it.each([
    ["openrouter-oauth login --help", true],
    ["NO_COLOR=1 openrouter-oauth login --help", false],
    ["TERM=dumb openrouter-oauth login --help", false],
    ["openrouter-oauth login --help | cat", false],
    ["FORCE_COLOR=1 openrouter-oauth login --help | cat", true]
  ])("%s, coloured: %s", async (line, coloured) => {
    const terminal = await openTerminal()
    await terminal.run(line)
    assert.strictEqual(await terminal.ended(), 0)
    assert.strictEqual((await terminal.screen("escapes")).includes("\u001b[1m"), coloured)
  })
})

it("docs/cli.md shows no transcript that no test made", () => {
  const { made, shown } = transcriptsOf("docs/cli.md")
  assert.deepStrictEqual([...shown].sort(), [...made].sort())
})
