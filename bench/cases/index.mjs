/**
 * The cases whose subjects run in processes of their own. Each has its unit, its subjects, how many processes of each one and how many
 * rounds of how many calls, in full and as a smoke run, and how it is prepared in such a process.
 */
import * as loopback from "./loopback.mjs"
import * as memory from "./memory.mjs"
import * as pkce from "./pkce.mjs"
import * as stubbed from "./stubbed.mjs"

export const cases = { ...stubbed.cases, ...loopback.cases, ...pkce.cases, ...memory.cases }
