/** A page for tests in Node: an address, a history and a sessionStorage that can be blocked or full. */

import { vi } from "vitest"
import { cast } from "../util/cast.js"

export interface FakePage {
  /** The addresses of the history, the current one last. */
  readonly history: Array<string>
  readonly stored: Map<string, string>
  /** Told of each replacement of the current address, before it takes place. */
  onReplace: (url: string) => void
  /** `blocked` throws wherever it is used, `full` where something is written. */
  storage: "usable" | "blocked" | "full"
}

export const openPage = (url: string, stored: ReadonlyMap<string, string> = new Map()): FakePage => {
  const page: FakePage = { history: [url], stored: new Map(stored), onReplace: () => {}, storage: "usable" }
  const entries = (): Map<string, string> => {
    if (page.storage === "blocked") throw new DOMException("Access is denied for this document", "SecurityError")
    return page.stored
  }
  vi.stubGlobal("document", {})
  vi.stubGlobal("location", {
    get href() {
      return page.history.at(-1)
    },
    assign: (next: string | URL) => void page.history.push(String(next))
  })
  vi.stubGlobal("history", {
    state: { scroll: 7 },
    replaceState: (state: unknown, _: string, next: string | URL) => {
      if (cast<{ scroll?: number }>(state)?.scroll !== 7) throw new Error("lost the state of the history entry")
      page.onReplace(String(next))
      page.history[page.history.length - 1] = String(next)
    }
  })
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => entries().get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (page.storage === "full") throw new DOMException("The quota has been exceeded", "QuotaExceededError")
      entries().set(key, value)
    },
    removeItem: (key: string) => entries().delete(key)
  })
  return page
}

/** What the page shows in its address bar. */
export const addressOf = (page: FakePage): URL => new URL(page.history.at(-1) ?? "")
