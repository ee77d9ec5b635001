/** The usage of a key by day, week and month, in UTC. It is counted in requests: sums of dollars would drift. */

/** The price of one request, in US dollars. */
export const price = 0.001

/**
 * The number of requests that were paid with a key: in total, and in the day, week (from Monday) and month of the last one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Usage {
  readonly total: number
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
  /** The time of the last one, in milliseconds since 1970. */
  readonly at: number
}

export const none: Usage = { total: 0, daily: 0, weekly: 0, monthly: 0, at: 0 }

const dayLength = 24 * 60 * 60 * 1000

const day = (millis: number) => Math.floor(millis / dayLength)
/** 1 January 1970 was a Thursday, so weeks begin three days before it. */
const week = (millis: number) => Math.floor((day(millis) + 3) / 7)
const month = (millis: number) => new Date(millis).toISOString().slice(0, 7)

/** Returns the usage at a later time: requests of an earlier day, week or month do not count for the new one. */
export const at = (usage: Usage, now: number): Usage => ({
  total: usage.total,
  daily: day(usage.at) === day(now) ? usage.daily : 0,
  weekly: week(usage.at) === week(now) ? usage.weekly : 0,
  monthly: month(usage.at) === month(now) ? usage.monthly : 0,
  at: now
})

/** Adds one request. */
export const spend = (usage: Usage, now: number): Usage => {
  const { daily, monthly, total, weekly } = at(usage, now)
  return { total: total + 1, daily: daily + 1, weekly: weekly + 1, monthly: monthly + 1, at: now }
}

/** Converts requests to US dollars. */
export const dollars = (requests: number): number => requests / 1000

/** Returns the rest of a limit in US dollars. `reset` says how often the limit starts again. A limit of null is no limit. */
export const remaining = (
  usage: Usage,
  limit: number | null,
  reset: "daily" | "weekly" | "monthly" | null
): number | null => {
  if (limit === null) return null
  const requests = usage[reset ?? "total"]
  return requests === 0 ? limit : Math.max(0, Math.round((limit - dollars(requests)) * 1e6) / 1e6)
}
