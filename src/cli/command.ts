/** A command as a value: its description, its flags, and the function that it runs. */
import * as CliCommand from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import type { Flag, Values } from "./flags.js"

/** A command with its flags, ready to run. */
export type Action = Effect.Effect<void, unknown>

export interface Command {
  readonly name: string
  /** Other names, which people know from other programs. */
  readonly also: ReadonlyArray<string>
  /** A sentence for the help, without its full stop. */
  readonly what: string
  /** A command line that works as typed. */
  readonly example: string
  readonly flags: ReadonlyArray<Flag<unknown>>
  /** Reads the command line. */
  readonly parser: CliCommand.Command<string, never, unknown, { readonly action: Action }>
}

/** Makes a command. `load` imports the function that it runs, so that the help and other commands need not load it. */
export const make = <Flags extends Readonly<Record<string, Flag<unknown>>>>(command: {
  readonly name: string
  readonly also?: ReadonlyArray<string> | undefined
  readonly what: string
  readonly example: string
  readonly flags: Flags
  readonly load: () => Promise<{ readonly run: (values: Values<Flags>) => Action }>
}): Command => {
  const { also = [], flags, load, name } = command
  // The values have the types of their flags; only `Record.map` loses them.
  const values = Options.all(Record.map(flags, ({ parser }) => parser)) as Options.Options<Values<Flags>>
  const action = Options.map(values, (given) => Effect.flatMap(Effect.promise(load), ({ run }) => run(given)))
  return {
    ...command,
    also,
    flags: Object.values(flags),
    parser: CliCommand.make(name, { action }, ({ action }) => action)
  }
}
