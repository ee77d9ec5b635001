/** The page that this runs in. Nothing of it is touched at import, so that a server can load modules that import this one. */
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import type * as Layer from "effect/Layer"
import { callbackParameters, errorDescription } from "../../internal/callback.js"

/** Returns the URL of the page; undefined if there is no page, as on a server. */
export const pageUrl = (): URL | undefined => (typeof document === "undefined" ? undefined : new URL(location.href))

const answerNames = [...callbackParameters, errorDescription]

/** Returns the URL without the parameters of a callback. Every other parameter stays as it is written. */
export const withoutAnswer = (url: URL): URL => {
  const isOther = (part: string) => {
    const parameters = new URLSearchParams(part)
    return !answerNames.some((name) => parameters.has(name))
  }
  const cleaned = new URL(url)
  cleaned.search = url.search.slice(1).split("&").filter(isOther).join("&")
  return cleaned
}

/** Replaces the current history entry, so that going back does not find the old one. */
export const replaceUrl = (url: URL): void => history.replaceState(history.state, "", url)

export const leaveFor = (url: URL): void => location.assign(url)

/** A browser that blocks storage throws when `sessionStorage` is read. Reading it at each use makes that an error like any other. */
const lazySessionStorage: Storage = {
  get length() {
    return sessionStorage.length
  },
  key: (index) => sessionStorage.key(index),
  getItem: (key) => sessionStorage.getItem(key),
  setItem: (key, value) => sessionStorage.setItem(key, value),
  removeItem: (key) => sessionStorage.removeItem(key),
  clear: () => sessionStorage.clear()
}

export const layerSessionStorage: Layer.Layer<KeyValueStore.KeyValueStore> = KeyValueStore.layerStorage(
  () => lazySessionStorage
)
