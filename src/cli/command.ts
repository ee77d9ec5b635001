/** A command as a value: its words, its flags, and what it runs. */
import * as CliCommand from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import type { Flag, Values } from "./flags.js"

/** What a command does, ready to run. */
export type Action = Effect.Effect<void, unknown>

export interface Command {
  readonly name: string
  /** Further names, which people know from other programs. */
  readonly also: ReadonlyArray<string>
  /** One sentence for the help, without its full stop. */
  readonly what: string
  /** A command line that works as typed. */
  readonly example: string
  readonly flags: ReadonlyArray<Flag<unknown>>
  /** What reads the command line. */
  readonly parser: CliCommand.Command<string, never, unknown, { readonly action: Action }>
}

/** `load` imports what the command runs: the help and the other commands do without it. */
export const make = <Flags extends Readonly<Record<string, Flag<unknown>>>>(command: {
  readonly name: string
  readonly also?: ReadonlyArray<string> | undefined
  readonly what: string
  readonly example: string
  readonly flags: Flags
  readonly load: () => Promise<{ readonly run: (values: Values<Flags>) => Action }>
}): Command => {
  const { also = [], flags, load, name } = command
  // The types of the values are those of the flags: nothing but `Record.map` forgets them.
  const values = Options.all(Record.map(flags, ({ parser }) => parser)) as Options.Options<Values<Flags>>
  const action = Options.map(values, (given) => Effect.flatMap(Effect.promise(load), ({ run }) => run(given)))
  return {
    ...command,
    also,
    flags: Object.values(flags),
    parser: CliCommand.make(name, { action }, ({ action }) => action)
  }
}
