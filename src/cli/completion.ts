/** Scripts that complete command lines in a shell: commands, flags, and the values of flags with a few choices. */
import type { Command } from "./command.js"
import type { Flag } from "./flags.js"

type Shell = "bash" | "zsh" | "fish"

type AnyFlag = Pick<Flag<unknown>, "name" | "short" | "opposite" | "value" | "choices" | "what">

/** The flags that every command takes. */
const ofAll: ReadonlyArray<AnyFlag> = [
  {
    name: "log-level",
    value: "level",
    choices: ["all", "trace", "debug", "info", "warning", "error", "fatal", "none"],
    what: "Shows every request on stderr, without its secrets"
  },
  { name: "help", short: "h", what: "Shows the help" }
]

const version: AnyFlag = { name: "version", short: "v", what: "Shows the version" }

interface Row {
  readonly names: ReadonlyArray<string>
  readonly what: string
  readonly flags: ReadonlyArray<AnyFlag>
}

/** One row for each command. Its first word is one of `names`. */
const rowsOf = (commands: ReadonlyArray<Command>): ReadonlyArray<Row> =>
  commands.map(({ also, flags, name, what }) => ({ names: [name, ...also], what, flags: [...flags, ...ofAll] }))

const spelled = ({ name, opposite, short }: AnyFlag): ReadonlyArray<string> => [
  `--${name}`,
  ...(opposite === undefined ? [] : [`--${opposite}`]),
  ...(short === undefined ? [] : [`-${short}`])
]

const bash = (rows: ReadonlyArray<Row>): string => {
  const names = rows.flatMap(({ names }) => names)
  const offer = (words: ReadonlyArray<string>) => `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current"))`
  const values = ({ choices, value }: AnyFlag) =>
    choices === undefined ? (value === undefined ? undefined : "COMPREPLY=()") : offer(choices)
  const ofRow = ({ flags, names }: Row) => [
    `    ${names.join("|")})`,
    '      case "$previous" in',
    ...flags.flatMap((flag) => {
      const offered = values(flag)
      return offered === undefined ? [] : [`        ${spelled(flag).join("|")}) ${offered} ;;`]
    }),
    `        *) ${offer(flags.flatMap(spelled))} ;;`,
    "      esac ;;"
  ]
  return [
    "_openrouter_oauth() {",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" command="" word',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    `    case "$word" in ${names.join("|")}) command="$word"; break ;; esac`,
    "  done",
    '  case "$command" in',
    ...rows.flatMap(ofRow),
    `    *) ${offer([...names, ...[...ofAll.slice(1), version].flatMap(spelled)])} ;;`,
    "  esac",
    "}",
    "complete -F _openrouter_oauth openrouter-oauth"
  ].join("\n")
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const zsh = (rows: ReadonlyArray<Row>): string => {
  /** Escapes a text for `_arguments` and `_describe`, which give colons and brackets a meaning. */
  const said = (text: string) => text.replace(/[:[\]\\]/g, "\\$&")
  const argument = (flag: AnyFlag) => {
    const { choices, value, what } = flag
    const action = value === undefined ? "" : `:${said(value)}:${choices === undefined ? "" : `(${choices.join(" ")})`}`
    return spelled(flag).map((name) => quote(`*${name}[${said(what)}]${action}`))
  }
  return [
    "#compdef openrouter-oauth",
    "_openrouter_oauth() {",
    "  local context state line",
    "  typeset -A opt_args",
    "  _arguments -C '1: :->command' '*:: :->flags'",
    '  case "$state" in',
    "    command)",
    "      local -a commands",
    "      commands=(",
    ...rows.flatMap(({ names, what }) => names.map((name) => `        ${quote(`${name}:${said(what)}`)}`)),
    "      )",
    "      _describe command commands ;;",
    "    flags)",
    '      case "$words[1]" in',
    ...rows.map(({ flags, names }) => `        ${names.join("|")}) _arguments ${flags.flatMap(argument).join(" ")} ;;`),
    "      esac ;;",
    "  esac",
    "}",
    'if [ "$funcstack[1]" = _openrouter_oauth ]; then _openrouter_oauth "$@"; else compdef _openrouter_oauth openrouter-oauth; fi'
  ].join("\n")
}

const fish = (rows: ReadonlyArray<Row>): string => {
  const names = rows.flatMap(({ names }) => names).join(" ")
  const noCommand = `-n ${quote(`not __fish_seen_subcommand_from ${names}`)}`
  const flagLines = (condition: string, flag: AnyFlag) => {
    const { choices, name, opposite, short, value, what } = flag
    const takes = value === undefined ? "" : choices === undefined ? " -x" : ` -x -a ${quote(choices.join(" "))}`
    const line = (name: string, short: string) =>
      `complete -c openrouter-oauth ${condition} -l ${name}${short}${takes} -d ${quote(what)}`
    return [
      line(name, short === undefined ? "" : ` -s ${short}`),
      ...(opposite === undefined ? [] : [line(opposite, "")])
    ]
  }
  return [
    "complete -c openrouter-oauth -f",
    ...rows.flatMap(({ names, what }) =>
      names.map((name) => `complete -c openrouter-oauth ${noCommand} -a ${name} -d ${quote(what)}`)
    ),
    ...[...ofAll.slice(1), version].flatMap((flag) => flagLines(noCommand, flag)),
    ...rows.flatMap(({ flags, names }) =>
      flags.flatMap((flag) => flagLines(`-n ${quote(`__fish_seen_subcommand_from ${names.join(" ")}`)}`, flag))
    )
  ].join("\n")
}

const scripts = { bash, zsh, fish }

/** Returns the script for a shell. */
export const script = (shell: Shell, commands: ReadonlyArray<Command>): string => scripts[shell](rowsOf(commands))
