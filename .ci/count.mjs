// Prints "passed failed skipped" of one vitest run, from its JSON report and its exit code.
import { readFileSync } from "node:fs"

const [file, status] = process.argv.slice(2)

const read = () => {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    // It crashed before it could report.
    return { testResults: [] }
  }
}

const { testResults } = read()
const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
const count = (...kinds) => tests.filter((test) => kinds.includes(test.status)).length
const passed = count("passed")
const broken = testResults.filter(
  (result) => result.status !== "passed" && !result.assertionResults.some((test) => test.status === "failed")
).length
let failed = count("failed") + broken
if (failed === 0 && (Number(status) !== 0 || passed === 0)) failed = 1
console.log(passed, failed, count("skipped", "pending", "todo", "disabled"))
