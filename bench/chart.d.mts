import type { Results } from "./rows.mjs"

export declare const chart: (results: Results) => string
