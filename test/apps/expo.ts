/** Stands in for expo-web-browser and expo-secure-store. */
type Result = { readonly type: "success"; readonly url: string } | { readonly type: "cancel" }

export const opened: { browse: (url: string) => Promise<Result> } = { browse: async () => ({ type: "cancel" }) }
export const stored = new Map<string, string>()

export const openAuthSessionAsync = (url: string) => opened.browse(url)
export const setItemAsync = async (name: string, value: string) => void stored.set(name, value)
