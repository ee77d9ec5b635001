/** Stands in for Electron: the part of its API that the recipe uses. */
import { EventEmitter } from "node:events"

export const opened: { browse: (url: string) => void } = { browse: () => {} }
export const folder = { path: "" }

export const app = Object.assign(new EventEmitter(), {
  requestSingleInstanceLock: () => true,
  setAsDefaultProtocolClient: () => true,
  quit: () => {},
  getPath: () => folder.path
})
export const shell = { openExternal: async (url: string) => opened.browse(url) }
export const safeStorage = { encryptString: (text: string) => Buffer.from(text).reverse() }
