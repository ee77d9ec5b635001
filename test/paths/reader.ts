/** Somebody who follows a page in a fresh folder, with the packed package beside it and nothing else of this repository. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import type { Step } from "./guide.js"

export interface Program {
  /** Resolves with the first match in what the program prints; rejects when the program ends without it. */
  readonly prints: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Resolves with what it printed, when it ends with status 0. */
  readonly ended: Promise<string>
}

export interface Reader {
  readonly follow: (steps: ReadonlyArray<Step>) => Promise<Program>
  readonly leave: () => Promise<void>
}

/** Nothing of who runs the tests, except where npm's packages come from. */
const environment = (home: string) => ({
  PATH: process.env.PATH,
  HOME: home,
  XDG_CONFIG_HOME: home,
  CI: "true",
  NO_COLOR: "1",
  npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), ".npmrc"),
  npm_config_cache: process.env.npm_config_cache ?? join(homedir(), ".npm"),
  npm_config_prefer_offline: "true",
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_update_notifier: "false"
})

/** `ports` are those of the page, each with a free one to be used instead. */
export const makeReader = (tarball: string, ports: Readonly<Record<string, number>>): Reader => {
  const home = mkdtempSync(join(tmpdir(), "getting-started-"))
  const children: Array<ChildProcess> = []
  let folder = home
  writeFileSync(join(home, "effect-openrouter-oauth-0.1.0.tgz"), readFileSync(tarball))

  const withFreePorts = (text: string): string =>
    Object.entries(ports).reduce(
      (replaced, [port, free]) => replaced.replaceAll(port, String(free)),
      text.replace(/^npx effect-openrouter-oauth sandbox$/m, "$& --port 8787")
    )

  const start = (command: string): Program => {
    // A group of its own: a shell's children end with it.
    const child = spawn("bash", ["-c", command], { cwd: folder, env: environment(home), detached: true })
    children.push(child)
    let printed = ""
    const waiting = new Set<() => void>()
    const read = (chunk: Buffer) => {
      printed += chunk
      for (const look of waiting) look()
    }
    child.stdout.on("data", read)
    child.stderr.on("data", read)
    const ended = new Promise<string>((resolve, reject) => {
      child.once("error", reject)
      child.once("close", (status) =>
        status === 0 ? resolve(printed) : reject(new Error(`${command} ended with ${status}: ${printed}`))
      )
    })
    // Who waits for the end hears of a failure; a program that is stopped at the end of the test has failed nobody.
    ended.catch(() => {})
    const prints = (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(printed)
          if (found === null) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        ended.then(() => reject(new Error(`${command} ended without ${pattern}: ${printed}`)), reject)
        look()
      })
    return { ended, prints }
  }

  /** The first commands make the folder and go there: `cd` holds for what follows. */
  const run = async (command: string): Promise<void> => {
    const printed = await start(`${command} && echo && pwd`).ended
    folder = printed.trim().split("\n").at(-1) ?? folder
  }

  const follow = async (steps: ReadonlyArray<Step>): Promise<Program> => {
    let program: Program | undefined
    for (const [index, step] of steps.entries()) {
      if (step._tag === "Save") {
        const file = join(folder, step.file)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, withFreePorts(step.text))
        continue
      }
      const commands = step.commands.map(withFreePorts)
      const last = index === steps.length - 1 ? commands.pop() : undefined
      if (step.leftRunning) await start(commands.join("\n")).prints(/http:\/\/127\.0\.0\.1:\d+/)
      else for (const command of commands) await run(command)
      if (last !== undefined) program = start(last)
    }
    if (program === undefined) throw new Error("the page ends without a command that runs something")
    return program
  }

  const leave = async (): Promise<void> => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue
      const exited = new Promise((resolve) => child.once("exit", resolve))
      process.kill(-child.pid, "SIGKILL")
      await exited
    }
    rmSync(home, { recursive: true, force: true })
  }

  return { follow, leave }
}
