/** `openrouter-oauth sandbox`: a local OpenRouter on a port, until Ctrl-C. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { faultSyntax, parseFault } from "./fault.js"
import { description, port, refuse } from "./options.js"

const options = {
  host: Options.text("host").pipe(
    Options.withDescription("The address to listen on; 127.0.0.1 unless said otherwise"),
    Options.withDefault("127.0.0.1")
  ),
  port: port("The port to listen on, 8787 unless said otherwise; 0 picks a free one").pipe(Options.withDefault(8787)),
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

/** The command as a value: `bin.ts` runs it. */
export const sandbox = Command.make("sandbox", options, (options) =>
  Effect.flatMap(
    Effect.promise(() => import("./run/sandbox.js")),
    ({ run }) => run(options)
  )
).pipe(
  Command.withDescription(
    description("A local OpenRouter to develop and test against, until Ctrl-C", "openrouter-oauth sandbox --port 0")
  )
)
