/** What every suite of runtimes begins with: the host that they talk to, and a project that has the packed package. */
import { join } from "node:path"
import { afterAll, beforeAll } from "@effect/vitest"
import { describeRuntimeWith } from "./describeRuntime.js"
import { type Host, startHost } from "./host.js"
import { makeProject, type Project } from "./project.js"
import { versionIn } from "./rows.js"

/** Sets both up for the tests of this file. `limit` is in milliseconds: the first run installs the runtimes. */
export const startSuite = (limit: number, ...dependencies: Parameters<typeof makeProject>) => {
  let host: Host
  let project: Project

  beforeAll(async () => {
    host = await startHost()
    project = await makeProject(...dependencies)
  }, limit)

  afterAll(async () => {
    project.remove()
    await host.stop()
  })

  const folder = () => project.folder
  const installed = (path: string) => project.installed(path)
  const nodePackage = (major: number) => `node-${major}-${process.platform}-${process.arch}`
  return {
    describeRuntime: describeRuntimeWith(() => host.environment),
    folder,
    installed,
    inProject: (...path: ReadonlyArray<string>) => join(folder(), ...path),
    versionOf: (name: string) => versionIn(installed(name)),
    nodePackage,
    node: (major: number) => installed(`${nodePackage(major)}/bin/node`)
  }
}
