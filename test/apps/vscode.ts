/** Stands in for VS Code: the part of its API that the recipe uses. What it opens goes to `opened`. */
interface UriHandler {
  readonly handleUri: (uri: { readonly query: string }) => unknown
}

export const opened: { browse: (url: string) => void } = { browse: () => {} }
export const stored = new Map<string, string>()
const registered = new Map<string, () => unknown>()
let handler: UriHandler | undefined

const uriOf = (text: string) => ({ query: new URL(text).search.slice(1), toString: () => text })

export const Uri = { parse: uriOf }
export const ProgressLocation = { Notification: 15 }
export class CancellationError extends Error {}
export class EventEmitter<A> {
  readonly #listeners = new Set<(value: A) => void>()
  readonly event = (listener: (value: A) => void) => {
    this.#listeners.add(listener)
    return { dispose: () => void this.#listeners.delete(listener) }
  }
  fire(value: A): void {
    for (const listener of this.#listeners) listener(value)
  }
}
export const env = {
  uriScheme: "vscode",
  // As in a window of the browser.
  asExternalUri: async (uri: ReturnType<typeof uriOf>) => uriOf(`https://vscode.example/open?to=${String(uri)}`),
  openExternal: async (uri: ReturnType<typeof uriOf>) => opened.browse(String(uri))
}
export const window = {
  registerUriHandler: (given: UriHandler) => {
    handler = given
    return { dispose: () => {} }
  },
  withProgress: (_: unknown, task: (progress: unknown, cancellation: unknown) => unknown) =>
    task({}, { onCancellationRequested: () => ({ dispose: () => {} }) })
}
export const commands = {
  registerCommand: (name: string, run: () => unknown) => {
    registered.set(name, run)
    return { dispose: () => {} }
  }
}

export const context = {
  extension: { id: "me.my-extension" },
  subscriptions: [],
  secrets: { store: async (name: string, value: string) => void stored.set(name, value) }
}
export const run = (name: string): unknown => registered.get(name)?.()
export const deliver = (url: string): unknown => handler?.handleUri(uriOf(url))
