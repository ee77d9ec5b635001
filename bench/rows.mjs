/** The rows of the table: which figures of a case stand beside each other, and the goal for them. */

const face = { effect: "Effect", promise: "promise", undici: "Effect, layerUndici" }

/** A row for each of our faces. */
const each = (ours, { what, ...row }) =>
  ours.map((subject) => ({ ...row, ours: subject, what: `${what}: ${face[subject]}` }))

/**
 * `ratio` goals are for ours divided by `against` (the SDK's standalone functions where nothing is said), `value` goals for ours in the
 * case's own unit. A row without a goal is reported only.
 */
export const rows = [
  {
    case: "bytes-added",
    ours: "effect",
    what: "bytes that OAuthClient and Pkce add to a program with effect and HttpClient",
    goal: { value: 8_192 }
  },
  { case: "bytes-typical", ours: "effect", what: "bytes that they add to a typical program, all of Effect included" },
  {
    case: "bytes-plain",
    ours: "promise",
    against: "sdkClass",
    what: "bytes of a plain async program from nothing, to the SDK's class",
    goal: { ratio: 0.65 }
  },
  { case: "bytes-plain", ours: "promise", what: "bytes of a plain async program from nothing" },
  {
    case: "import",
    ours: "promise",
    what: "import of PromiseClient, not bundled, whole process",
    goal: { ratio: 0.6 }
  },
  { case: "import", ours: "signIn", what: "import of node/PromiseSignIn, not bundled, whole process" },
  ...each(["effect", "promise"], {
    case: "cpu",
    what: "CPU of a call, create and exchange in turns, fetch stubbed, a deadline on both sides",
    goal: { ratio: 0.6 }
  }),
  ...each(["effect", "promise"], {
    case: "cpu-without-deadline",
    what: "CPU of a call, create and exchange in turns, fetch stubbed, no deadline on either side",
    goal: { ratio: 0.85 }
  }),
  ...each(["effect", "promise"], {
    case: "latency",
    what: "latency of a call on keep-alive, create and exchange in turns",
    goal: { ratio: 0.95 }
  }),
  ...each(["effect", "promise"], {
    case: "concurrency",
    what: "CPU of a call, create and exchange in turns, 64 at once",
    goal: { ratio: 1 }
  }),
  ...each(["undici"], {
    case: "latency",
    what: "latency of a call on keep-alive, create and exchange in turns",
    goal: { ratio: 0.6 }
  }),
  ...each(["undici"], {
    case: "concurrency",
    what: "CPU of a call, create and exchange in turns, 64 at once",
    goal: { ratio: 0.6 }
  }),
  ...each(["undici"], { case: "pkce", what: "a PKCE pair", goal: { ratio: 0.2 } }),
  ...each(["effect", "promise"], { case: "pkce", what: "a PKCE pair by Web Crypto" }),
  ...each(["effect", "promise"], {
    case: "heap",
    what: "bytes left by a call, after 200,000 of them",
    goal: { value: 2 },
    withoutRatio: true
  }),
  ...each(["effect", "promise"], {
    case: "allocation",
    what: "bytes allocated by a stubbed call, a deadline on both sides",
    goal: { ratio: 2 }
  }),
  ...each(["effect", "promise"], {
    case: "allocation-without-deadline",
    what: "bytes allocated by a stubbed call, no deadline on either side",
    goal: { ratio: 2 }
  }),
  {
    case: "memory",
    ours: "promise",
    what: "resident memory after the import of PromiseClient, not bundled",
    goal: { ratio: 0.75 }
  },
  ...each(["effect", "promise"], {
    case: "refused",
    what: "CPU of a call, create and a refused exchange (403, typed) in turns, fetch stubbed",
    goal: { ratio: 1 }
  }),
  {
    case: "cold-start",
    ours: "command",
    against: "empty",
    what: "start of the command, --version, to an empty node",
    goal: { ratio: 3.5 }
  },
  {
    case: "bytes-terminal",
    ours: "signIn",
    what: "bytes of a sign-in from a terminal, node/PromiseSignIn for Node, from nothing"
  },
  { case: "bytes-page", ours: "browser", what: "bytes of a sign-in in a page, from nothing" },
  { case: "bytes-page", ours: "react", what: "bytes of React's session, hook and button, from nothing, without React" }
]

/** How far apart the quartiles are, as a part of the median; undefined where there were no rounds, or the median is no measure of them. */
const spreadOf = (figure) =>
  figure?.low === undefined || figure.median <= 0
    ? undefined
    : Number(((figure.high - figure.low) / figure.median).toFixed(3))

/** Every row, with its ratios and whether it reaches its goal; `ours` is missing where nothing was measured, or its step failed. */
export const rowsOf = (cases) =>
  rows.map(({ against = "sdk", case: name, goal, ours, what, withoutRatio }) => {
    const { figures = {}, late, measured: at, unit } = cases[name] ?? {}
    const median = (subject) => figures[subject]?.median
    const other = median(against)
    const ratioOf = (subject) =>
      withoutRatio || median(subject) === undefined || other === undefined ? undefined : median(subject) / other
    const ratio = ratioOf(ours)
    const reachedBy = goal?.value === undefined ? ratio : median(ours)
    return {
      case: name,
      what,
      unit,
      ours: median(ours),
      against,
      other,
      ratio,
      goal,
      reached: goal === undefined ? undefined : reachedBy !== undefined && reachedBy <= (goal.value ?? goal.ratio),
      sdkClass: against === "sdk" ? ratioOf("sdkClass") : undefined,
      fetch: against === "sdk" ? ratioOf("fetch") : undefined,
      spread: spreadOf(figures[ours]),
      otherSpread: spreadOf(figures[against]),
      measured: at?.slice(0, 10),
      failed: late === undefined ? undefined : true
    }
  })
