import type { Results } from "./rows.mjs"

export declare const documented: (results: Results, before: Pick<Results, "rows">) => string
export declare const withDocumented: (page: string, text: string) => string
