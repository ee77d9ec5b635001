import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Sandbox from "../../Sandbox.js"
import { layerServer, SandboxServer } from "../../sandbox/node.js"

/** Returns one line for a request, without secrets. */
const logLine = (request: Sandbox.ReceivedRequest): string => {
  const time = DateTime.formatIso(DateTime.unsafeMake(request.receivedAt)).slice(11, 23)
  const extra = [request.operation, request.breakage].filter((part) => part !== undefined).join(" ")
  return `${time} ${request.method} ${request.path} ${request.status}${extra && ` ${extra}`}\n`
}

const welcome = (profile: Sandbox.Profile, origin: string, apiKey: string) => `
A sandbox of OpenRouter (${profile}) is running. Press Ctrl-C to stop it.

  Base URL  ${origin}/api/v1
  API key   ${apiKey}
  API page  ${origin}/docs
  Requests  ${origin}/__sandbox

Set these variables for your program:

  export OPENROUTER_BASE_URL=${origin}/api/v1
  export OPENROUTER_API_KEY=${apiKey}

In PowerShell:

  $env:OPENROUTER_BASE_URL = "${origin}/api/v1"
  $env:OPENROUTER_API_KEY = "${apiKey}"

In cmd:

  set OPENROUTER_BASE_URL=${origin}/api/v1
  set OPENROUTER_API_KEY=${apiKey}
`

export interface SandboxOptions {
  readonly host: string
  readonly port: number
  readonly profile: Sandbox.Profile
  readonly echoState: "always" | "granted" | "never" | undefined
  readonly denial: "error" | "bare" | undefined
  readonly faults: ReadonlyArray<Sandbox.Fault>
  readonly json: boolean
}

export const run = ({ json, profile, ...options }: SandboxOptions) =>
  Effect.gen(function* () {
    const { origin } = yield* SandboxServer
    const { keys } = yield* Sandbox.Sandbox
    const apiKey = Redacted.value(keys.apiKey)
    yield* Console.log(json ? JSON.stringify({ url: origin, apiKey }) : welcome(profile, origin, apiKey))
    return yield* Effect.never
  }).pipe(
    Effect.provide(layerServer({ ...options, profile, onRequest: (request) => process.stderr.write(logLine(request)) }))
  )
