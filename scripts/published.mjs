// What differs between the repository and what is published: pure functions, tested by test/published.test.ts.

/** `https://host/owner/name`, from the field `repository`; undefined where it names none. */
export const repositoryPage = ({ repository }) => {
  const url = typeof repository === "string" ? repository : repository?.url
  return /^(?:git\+)?(https:\/\/.+?)(?:\.git)?\/?$/.exec(url ?? "")?.[1]
}

/** package.json without `workspaces`, which belong to the repository's tests. */
export const publishedManifest = ({ workspaces, ...manifest }) => manifest

/** README.md as npm shows it: relative links and pictures lead to the repository's pages of this version. */
export const publishedReadme = (text, manifest) => {
  const page = repositoryPage(manifest)
  if (page === undefined) return text
  return text.replace(
    /(!?)(\[[^\]]*\])\((?!https?:|#|mailto:)([^)\s]+)\)/g,
    (_, image, words, path) => `${image}${words}(${page}/${image ? "raw" : "blob"}/v${manifest.version}/${path})`
  )
}

/** What package.json lacks for a release. Nobody but who publishes knows these addresses. */
export const releaseFaults = (manifest) => [
  ...(repositoryPage(manifest) === undefined ? ["repository: the https address of the repository is missing"] : []),
  ...(/^https:\/\//.test(manifest.homepage ?? "") ? [] : ["homepage: an https address is missing"]),
  ...(/^https:\/\//.test(manifest.bugs?.url ?? manifest.bugs ?? "")
    ? []
    : ["bugs: the https address for reports is missing"])
]
