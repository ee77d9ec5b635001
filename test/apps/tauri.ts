/** Stands in for Tauri's plugins deep-link and opener. */
export const opened: { browse: (url: string) => void } = { browse: () => {} }
const listeners = new Set<(urls: ReadonlyArray<string>) => void>()

export const onOpenUrl = async (listener: (urls: ReadonlyArray<string>) => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
export const openUrl = async (url: string) => opened.browse(url)
export const deliver = (url: string): void => {
  for (const listener of listeners) listener([url])
}
