/** A local OpenRouter, for as long as this program runs. An app of your own has no such file. */
import * as ManagedRuntime from "effect/ManagedRuntime"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"

export const startSandbox = async (): Promise<string> => {
  const { baseUrl } = await ManagedRuntime.make(layerServer({ appTitle: "Notes" })).runPromise(SandboxServer)
  return baseUrl
}
