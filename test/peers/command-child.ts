/** A program in any language: it runs the command as a child, and follows its events. */
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"

export const login = async (command: string, show: (url: string) => void, env: NodeJS.ProcessEnv): Promise<string> => {
  const child = spawn(command, ["login", "--events", "--no-browser", "--force"], {
    env,
    stdio: ["ignore", "pipe", "ignore"]
  })
  for await (const line of createInterface(child.stdout)) {
    const { event, key, url } = JSON.parse(line)
    if (event === "waiting") show(url)
    if (event === "signed-in") return key
  }
  throw new Error("Nobody signed in")
}
