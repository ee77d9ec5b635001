/** What runs where. `node.ts` is apart: a bundle for a browser must not come near it. */
import type { Check } from "./check.js"
import { clientChecks } from "./client.js"
import { denoChecks } from "./deno.js"
import { flowChecks } from "./flow.js"
import { routesChecks } from "./routes.js"
import { sandboxChecks } from "./sandbox.js"

/** For every runtime. */
export const browserChecks: ReadonlyArray<Check> = [...clientChecks, ...flowChecks, ...sandboxChecks]

export { denoChecks }

/** For every runtime that can be a server. */
export const serverChecks: ReadonlyArray<Check> = [...browserChecks, ...routesChecks]
