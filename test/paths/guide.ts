/** A page "Getting started" of the built site, as the steps that its reader takes. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export type Step =
  | { readonly _tag: "Save"; readonly file: string; readonly text: string }
  | { readonly _tag: "Run"; readonly commands: ReadonlyArray<string>; readonly leftRunning: boolean }

const site = fileURLToPath(new URL("../../.tmp/site-dist", import.meta.url))

/** A file's name stands in the first line of its block, as a comment. */
const named = /^(?:\/\/|<!--) (\S+\.\w+)(?: -->)?\n/

/** Blocks that are only shown, such as terminal sessions and code without a file's name, are no steps. */
export const readGuide = (name: string): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  const text = readFileSync(`${site}/docs/${name}.md`, "utf8")
  const [, ...rest] = text.split(/^```/m)
  let before = text.slice(0, text.indexOf("```"))
  for (const [index, part] of rest.entries()) {
    if (index % 2 === 1) {
      before = part
      continue
    }
    const [language, body] = [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1)]
    const file = named.exec(body)?.[1]
    if (file !== undefined) steps.push({ _tag: "Save", file, text: body })
    else if (language === "sh") {
      const commands = body.trim().split("\n")
      steps.push({ _tag: "Run", commands, leftRunning: before.includes("leave it running") })
    }
  }
  return steps
}

const isSaved = (step: Step): step is Extract<Step, { _tag: "Save" }> => step._tag === "Save"

/** Lines that the reader writes: neither blank nor a comment alone. */
export const linesOfCode = (steps: ReadonlyArray<Step>): number =>
  steps
    .filter(isSaved)
    .flatMap(({ text }) => text.split("\n"))
    .filter((line) => !/^\s*(?:\/\/.*|<!--.*-->)?$/.test(line)).length

/** `a && b` are two. */
export const numberOfCommands = (steps: ReadonlyArray<Step>): number =>
  steps.flatMap((step) => (step._tag === "Run" ? step.commands.flatMap((line) => line.split(" && ")) : [])).length
