/** The steps of the benchmark, in their order. */
import { cases } from "./cases/index.mjs"
import { coldStart } from "./cold-start.mjs"
import { rounds } from "./rounds.mjs"
import { browserSizes } from "./sizes.browser.mjs"
import { sizes } from "./sizes.mjs"
import { starts } from "./start.mjs"

/** How many whole processes are started of each program. */
const repeats = { full: 15, quick: 5, smoke: 1 }

const quantile = (sorted, at) => sorted[Math.round((sorted.length - 1) * at)]
const rounded = (value) => Number(value.toPrecision(5))

/** The median of a subject's rounds, with the quartiles that tell how sure it is. */
const summary = (measured) => {
  if (measured === undefined) return null
  const sorted = measured.toSorted((one, other) => one - other)
  const [low, median, high] = [0.25, 0.5, 0.75].map((at) => rounded(quantile(sorted, at)))
  return { median, low, high, rounds: sorted.length }
}
const summaries = (figures) =>
  Object.fromEntries(Object.entries(figures).map(([subject, measured]) => [subject, summary(measured)]))

/** Sizes are what they are: no rounds. */
const exact = (figures) =>
  Object.fromEntries(
    Object.entries(figures).map(([subject, { minified, size }]) => [subject, { median: size, minified }])
  )

/** What is measured together: the cases that a step gives, whether what else runs on the machine changes them, and how it runs. */
export const stepsOf = (mode) => [
  {
    names: ["bytes-added", "bytes-typical", "bytes-plain", "bytes-terminal"],
    timed: false,
    run: async () => {
      const { added, plain, terminal, typical } = await sizes()
      return [added, typical, plain, terminal].map((figures) => ({ unit: "bytes", figures: exact(figures) }))
    }
  },
  {
    names: ["bytes-page"],
    timed: false,
    run: async () => {
      const { official, ours } = await browserSizes()
      const size = (of, name) => {
        if (of[name] === undefined) throw new Error(`bench/sizes.browser.mjs no longer measures ${name}`)
        return { median: of[name].fromNothing }
      }
      return [
        {
          unit: "bytes",
          figures: {
            sdk: size(official, "URL, challenge and exchange"),
            browser: size(ours, "browser/BrowserSignIn, createBrowserSignIn"),
            react: size(ours, "react, session, provider, hook and button")
          }
        }
      ]
    }
  },
  {
    names: ["import", "memory"],
    timed: true,
    run: async () => {
      const { import: took, memory } = starts(repeats[mode])
      const megabytes = Object.entries(memory).map(([name, all]) => [name, all.map((bytes) => bytes / 1e6)])
      return [
        { unit: "ms", figures: summaries(took) },
        { unit: "MB", figures: summaries(Object.fromEntries(megabytes)) }
      ]
    }
  },
  ...Object.entries(cases).map(([name, chosen]) => ({
    names: [name],
    timed: !chosen.unit.startsWith("bytes"),
    run: async () => [{ unit: chosen.unit, figures: summaries(await rounds(name, chosen, mode)) }]
  })),
  {
    names: ["cold-start"],
    timed: true,
    run: async () => {
      const { times } = await coldStart({ runs: repeats[mode] })
      return [{ unit: "ms", figures: summaries(times) }]
    }
  }
]
