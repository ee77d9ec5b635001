// Writes down what a run found, as Markdown: the score of each file, and each change that no test noticed.

const scoreOf = (mutants) => {
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length
  const noticed = count("Killed", "Timeout")
  const unnoticed = count("Survived", "NoCoverage")
  const score = noticed + unnoticed === 0 ? 100 : (100 * noticed) / (noticed + unnoticed)
  return `${noticed} | ${unnoticed} | ${score.toFixed(1)} %`
}

const textAt = (source, { start, end }) => {
  const lines = source.split("\n").slice(start.line - 1, end.line)
  lines[lines.length - 1] = lines[lines.length - 1].slice(0, end.column - 1)
  lines[0] = lines[0].slice(start.column - 1)
  return lines.map((line) => line.trim()).join(" ")
}

/** `files` are pairs of a path and what Stryker's report has under it. */
export const report = (files) => {
  const all = files.flatMap(([, { mutants }]) => mutants)
  const rows = files.map(([path, { mutants }]) => `| ${path} | ${scoreOf(mutants)} |`)
  const survivors = files.flatMap(([path, { mutants, source }]) =>
    mutants
      .filter(({ status }) => status === "Survived" || status === "NoCoverage")
      .map(
        ({ location, mutatorName, replacement, status }) =>
          `- ${path}:${location.start.line}:${location.start.column} ${mutatorName}${status === "NoCoverage" ? ", run by no test" : ""}\n` +
          `  - \`${textAt(source, location)}\`\n  - \`${replacement}\``
      )
  )
  return [
    "",
    "| file | killed | survived | score |",
    "| --- | ---: | ---: | ---: |",
    ...rows,
    `| all | ${scoreOf(all)} |`,
    "",
    ...survivors
  ].join("\n")
}
