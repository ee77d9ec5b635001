/** The machine that is measured on, and whether it has time for it. */
import { arch, availableParallelism, cpus } from "node:os"
import { setTimeout } from "node:timers/promises"

export const machine = {
  node: process.versions.node,
  zlib: process.versions.zlib,
  arch: arch(),
  cores: availableParallelism()
}

/** More than this part of the machine is in use before a step begins: its times say nothing. */
export const mostBusy = 0.15

const times = () =>
  cpus().reduce(
    ({ all, idle }, { times }) => ({
      all: all + Object.values(times).reduce((sum, time) => sum + time, 0),
      idle: idle + times.idle
    }),
    { all: 0, idle: 0 }
  )

/** The part of the machine that others use, from 0 to 1, while this process does nothing for a second. */
export const othersUse = async () => {
  const before = times()
  await setTimeout(1_000)
  const after = times()
  return 1 - (after.idle - before.idle) / (after.all - before.all)
}
