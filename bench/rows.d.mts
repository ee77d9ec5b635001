/** For the tests: what bench/results.json holds. */
export interface Row {
  readonly case: string
  readonly what: string
  readonly ours?: number
  readonly ratio?: number
  readonly goal?: { readonly ratio?: number; readonly value?: number }
  readonly reached?: boolean
  readonly failed?: boolean
}
export interface Results {
  readonly machine: { readonly zlib: string; readonly arch: string }
  readonly rows: ReadonlyArray<Row>
  readonly cases: {
    readonly [name: string]: {
      readonly measured?: string
      /** Why the step failed. */
      readonly late?: string
      readonly figures?: { readonly [subject: string]: { readonly median: number; readonly minified?: number } | null }
    }
  }
}
export declare const rows: ReadonlyArray<Pick<Row, "case" | "what" | "goal">>
export declare const rowsOf: (cases: Results["cases"]) => ReadonlyArray<Row>
