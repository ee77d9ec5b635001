export interface Manifest {
  readonly [field: string]: unknown
}
export const repositoryPage: (manifest: Manifest) => string | undefined
export const publishedManifest: (manifest: Manifest) => Manifest
export const publishedReadme: (text: string, manifest: Manifest) => string
export const releaseFaults: (manifest: Manifest) => ReadonlyArray<string>
