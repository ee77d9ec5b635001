/** `openrouter-oauth sandbox`: a local OpenRouter on a port, until Ctrl-C. */
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Sandbox from "../Sandbox.js"
import { layerServer, SandboxServer } from "../sandbox/node.js"
import { faultSyntax, parseFault } from "./fault.js"

const refuse = (message: string) => ValidationError.invalidValue(HelpDoc.p(message))

const options = {
  host: Options.text("host").pipe(
    Options.withDescription("The address to listen on"),
    Options.withDefault("127.0.0.1")
  ),
  port: Options.integer("port").pipe(
    Options.withDescription("The port to listen on; 0 picks a free one"),
    Options.withDefault(8787),
    Options.mapEffect((port) =>
      port >= 0 && port <= 65535 ? Effect.succeed(port) : Effect.fail(refuse("--port must be between 0 and 65535"))
    )
  ),
  profile: Options.choice("profile", ["documented", "observed"]).pipe(
    Options.withDescription("Which OpenRouter to be: as documented, or as its answers were recorded"),
    Options.withDefault("documented" as const)
  ),
  faults: Options.text("fault").pipe(
    Options.withDescription(`What goes wrong, may stand more than once: ${faultSyntax}`),
    Options.repeated,
    Options.mapEffect((faults) => Effect.mapError(Effect.forEach(faults, parseFault), refuse))
  ),
  json: Options.boolean("json").pipe(
    Options.withDescription("One line of JSON on stdout: the url (without /api/v1) and the apiKey")
  )
}

/** One line a request; nothing in it is secret. */
const logLine = (request: Sandbox.ReceivedRequest): string => {
  const time = DateTime.formatIso(DateTime.unsafeMake(request.receivedAt)).slice(11, 23)
  const extra = [request.operation, request.breakage].filter((part) => part !== undefined).join(" ")
  return `${time} ${request.method} ${request.path} ${request.status}${extra && ` ${extra}`}\n`
}

const welcome = (profile: Sandbox.Profile, origin: string, apiKey: string) => `
A sandbox of OpenRouter (${profile}) listens. Ctrl-C stops it.

  Base URL  ${origin}/api/v1
  API key   ${apiKey}
  API page  ${origin}/docs

For your program's environment:

  export OPENROUTER_BASE_URL=${origin}/api/v1
  export OPENROUTER_API_KEY=${apiKey}
`

/** The command as a value: `bin.ts` runs it. */
export const sandbox = Command.make("sandbox", options, ({ faults, host, json, port, profile }) =>
  Effect.gen(function* () {
    const { origin } = yield* SandboxServer
    const { keys } = yield* Sandbox.Sandbox
    const apiKey = Redacted.value(keys.apiKey)
    yield* Console.log(json ? JSON.stringify({ url: origin, apiKey }) : welcome(profile, origin, apiKey))
    return yield* Effect.never
  }).pipe(
    Effect.provide(
      layerServer({ faults, host, port, profile, onRequest: (request) => process.stderr.write(logLine(request)) })
    )
  )
).pipe(Command.withDescription("A local OpenRouter to develop and test against"))
