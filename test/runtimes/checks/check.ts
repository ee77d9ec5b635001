/** One promise of the package, in words and as code that runs wherever JavaScript does: no Node, no test framework. */

/** What the machine that runs the suite tells the runtime under test. */
export interface Environment {
  /** The sandbox, on a port, with `/api/v1`. It approves by itself. */
  readonly baseUrl: string
  /** The seeded account's API key. */
  readonly apiKey: string
  /** A base URL where every request is redirected. */
  readonly redirectUrl: string
  /** A base URL where nobody listens. */
  readonly closedUrl: string
  /** A base URL where the second request on a connection breaks it, after it was read. `GET posts` tells how many POSTs came. */
  readonly breakingUrl: string
  /** What a refused connection is called in this runtime: `ConnectionFailed` where it proves that nothing was sent. */
  readonly refused: "ConnectionFailed" | "ConnectionLost"
  /** Whether the runtime sends a POST again by itself where a kept connection breaks. */
  readonly repeats: boolean
}

export interface Check {
  readonly name: string
  readonly run: (environment: Environment) => Promise<void>
}

/** The name of each check, and its fault. */
export type Results = { readonly [name: string]: "passed" | string }

export const equal = (actual: unknown, expected: unknown, what = "value"): void => {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${what} is ${is}, should be ${should}`)
}

export const matches = (actual: string, pattern: RegExp, what = "text"): void => {
  if (!pattern.test(actual)) throw new Error(`${what} is ${JSON.stringify(actual)}, should match ${pattern}`)
}

/** What a promise rejects with: its tag, or its name. */
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("it did not reject")
}

export const tagOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "_tag" in error ? error._tag : String(error)

/** One after the other: they share a sandbox. */
export const runAll = async (checks: ReadonlyArray<Check>, environment: Environment): Promise<Results> => {
  const results: Record<string, string> = {}
  for (const { name, run } of checks) {
    try {
      await run(environment)
      results[name] = "passed"
    } catch (error) {
      results[name] = error instanceof Error ? `${error.message}\n${error.stack}` : JSON.stringify(error)
    }
  }
  return results
}
