/** What a key has spent, by day, week and month in UTC. Counted in requests, so that no sum of dollars drifts. */

/** What one request costs, in US dollars. */
export const price = 0.001

/**
 * How many requests were paid with a key: altogether, and in the day, week (from Monday) and month of the last one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Usage {
  readonly total: number
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
  /** When the last one was, in milliseconds since 1970. */
  readonly at: number
}

export const none: Usage = { total: 0, daily: 0, weekly: 0, monthly: 0, at: 0 }

const dayLength = 24 * 60 * 60 * 1000

const day = (millis: number) => Math.floor(millis / dayLength)
/** 1 January 1970 was a Thursday: weeks begin three days before it. */
const week = (millis: number) => Math.floor((day(millis) + 3) / 7)
const month = (millis: number) => new Date(millis).toISOString().slice(0, 7)

/** The same usage at a later moment: what belongs to an earlier day, week or month no longer counts there. */
export const at = (usage: Usage, now: number): Usage => ({
  total: usage.total,
  daily: day(usage.at) === day(now) ? usage.daily : 0,
  weekly: week(usage.at) === week(now) ? usage.weekly : 0,
  monthly: month(usage.at) === month(now) ? usage.monthly : 0,
  at: now
})

/** One request more. */
export const spend = (usage: Usage, now: number): Usage => {
  const { daily, monthly, total, weekly } = at(usage, now)
  return { total: total + 1, daily: daily + 1, weekly: weekly + 1, monthly: monthly + 1, at: now }
}

/** In US dollars. */
export const dollars = (requests: number): number => requests / 1000

/** What is left of a limit in US dollars, which starts anew where `reset` says so; null is none. */
export const remaining = (
  usage: Usage,
  limit: number | null,
  reset: "daily" | "weekly" | "monthly" | null
): number | null => {
  if (limit === null) return null
  const requests = usage[reset ?? "total"]
  return requests === 0 ? limit : Math.max(0, Math.round((limit - dollars(requests)) * 1e6) / 1e6)
}
