/** For the tests: what bench/sizes.mjs gives them. */
export interface Size {
  /** Bytes, minified and gzipped. */
  readonly size: number
  readonly minified: number
}
export interface Bundle extends Size {
  readonly inputs: ReadonlyArray<string>
  readonly imports: ReadonlyArray<string>
}
export declare const bundle: (
  contents: string,
  external?: ReadonlyArray<string>,
  platform?: "browser" | "node"
) => Promise<Bundle>
export declare const addedToEffect: (code: string) => Promise<Size & { readonly own: Bundle }>
export declare const addedToTypicalProgram: () => Promise<Size & { readonly before: Bundle }>
export declare const clientAndPkce: string
export declare const sizes: () => Promise<{
  readonly [name in "added" | "typical" | "plain" | "terminal"]: { readonly [subject: string]: Size }
}>
