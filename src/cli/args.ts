/** The typed arguments, before `@effect/cli` reads them. */

const beforeEnd = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.indexOf("--")
  return end < 0 ? args : args.slice(0, end)
}

/** Whether one of the arguments asks for the help. */
export const asksForHelp = (args: ReadonlyArray<string>): boolean =>
  beforeEnd(args).some((arg) => arg === "--help" || arg === "-h")

const levels = ["all", "trace", "debug", "info", "warning", "error", "fatal", "none"]

/** Moves `--log-level` to the front, the only place where `@effect/cli` finds it. `fault` says what is wrong with its value. */
export const withLogLevelFirst = (
  args: ReadonlyArray<string>
): { readonly args: ReadonlyArray<string>; readonly fault?: string } => {
  const at = beforeEnd(args).findIndex((arg) => /^--log-level(?:=|$)/.test(arg))
  const flag = args[at]
  if (flag === undefined) return { args }
  const size = flag.includes("=") ? 1 : 2
  const level = size === 1 ? flag.slice(flag.indexOf("=") + 1) : args[at + 1]
  return level !== undefined && levels.includes(level)
    ? { args: ["--log-level", level, ...args.slice(0, at), ...args.slice(at + size)] }
    : { args, fault: `--log-level must be one of ${levels.join(", ")}` }
}
