/** What is typed, as the frame reads it. */

/** `--help` and `--log-level` may stand anywhere, but the frame does not find them behind other flags. */
export const hoisted = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.indexOf("--")
  const [command] = args.slice(2)
  if (args.slice(2, end < 0 ? undefined : end).some((arg) => arg === "--help" || arg === "-h")) {
    return [...args.slice(0, 2), ...(command?.startsWith("-") === false ? [command] : []), "--help"]
  }
  const at = args.findIndex((arg, index) => /^--log-level(?:=|$)/.test(arg) && (end < 0 || index < end))
  const flag = args[at]
  if (at < 2 || flag === undefined) return args
  const size = flag.includes("=") ? 1 : 2
  return [...args.slice(0, 2), ...args.slice(at, at + size), ...args.slice(2, at), ...args.slice(at + size)]
}
