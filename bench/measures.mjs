/** How something is measured: each gives the figure of one call, of so many. */
import { PerformanceObserver, performance } from "node:perf_hooks"
import { setTimeout } from "node:timers/promises"

/** Microseconds of CPU, of all threads of this process. */
export const cpu = async (run, calls) => {
  const before = process.cpuUsage()
  await run(calls)
  const { system, user } = process.cpuUsage(before)
  return (user + system) / calls
}

/** Microseconds that pass. */
export const wall = async (run, calls) => {
  const before = performance.now()
  await run(calls)
  return ((performance.now() - before) * 1_000) / calls
}

/** What is unreachable is gone, and what is told of its end has ended. */
const settled = async () => {
  for (let i = 0; i < 4; i++) {
    globalThis.gc()
    await setTimeout(25)
  }
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

/** Bytes of the heap that stay after a collection. */
export const retained = async (run, calls) => {
  const before = await settled()
  await run(calls)
  return ((await settled()) - before) / calls
}

let collections = 0
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length
})

/** Bytes that are allocated. No collection may come in between: it fails where one does. */
export const allocated = async (run, calls) => {
  await settled()
  observer.observe({ entryTypes: ["gc"] })
  collections = 0
  const before = process.memoryUsage().heapUsed
  await run(calls)
  const after = process.memoryUsage().heapUsed
  await setTimeout(1)
  observer.disconnect()
  if (collections > 0) throw new Error(`${collections} garbage collections came into ${calls} calls`)
  return (after - before) / calls
}
