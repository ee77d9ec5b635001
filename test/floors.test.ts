/**
 * The floors of the house, as CONTRIBUTING.md draws them: a module imports only from its own floor and those below, and
 * what belongs to one platform stays with it.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import ts from "typescript"
import { cast } from "./util/cast.js"

const root = fileURLToPath(new URL("..", import.meta.url))
const src = join(root, "src")

const modules = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => file.split("\\").join("/"))
  .sort()

/** Every module that a source names: imports, re-exports, import() and import types. */
const specifiers = (file: string): ReadonlyArray<string> => {
  const source = ts.createSourceFile(file, readFileSync(join(src, file), "utf8"), ts.ScriptTarget.ES2022)
  const found: Array<string> = []
  const visit = (node: ts.Node): void => {
    const named =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
            ? node.arguments[0]
            : undefined
    if (named !== undefined && ts.isStringLiteral(named)) found.push(named.text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** A relative import as the source it means, such as `internal/url.ts`. */
const target = (file: string, specifier: string): string => {
  const path = relative(src, resolve(src, dirname(file), specifier)).replace(/\.js$/, "")
  return modules.find((module) => module.replace(/\.tsx?$/, "") === path) ?? path
}

const imports = modules.map((file) => {
  const all = specifiers(file)
  return {
    file,
    own: all.filter((name) => name.startsWith(".")).map((name) => target(file, name)),
    foreign: all.filter((name) => !name.startsWith("."))
  }
})

const words = ["OAuthSchema", "Pkce", "RetryPolicy", "AuthorizationUrl"]
const homes = ["node", "browser", "server", "react"]

/** `client` is the inside of floor 1, `internal` what lies below the words, `ground` the errors that all of them give. */
type Place = 0 | 1 | 2 | 3 | 4 | "apart" | "client" | "internal" | "ground" | "index"

const placeOf = (file: string): Place | undefined => {
  const [first = ""] = file.replace(/\.tsx?$/, "").split("/")
  if (file === "index.ts") return "index"
  if (first === "internal") return "internal"
  if (first === "client") return "client"
  if (first === "OAuthError") return "ground"
  if (first === "Sandbox" || first === "sandbox") return "apart"
  if (words.includes(first)) return 0
  if (["ApiKey", "OAuthClient", "PromiseClient", "WorkloadIdentity"].includes(first)) return 1
  if (["SignIn", "PromiseSignIn", "PendingSignIns"].includes(first)) return 2
  if (homes.includes(first)) return 3
  return first === "cli" ? 4 : undefined
}

const mayImport = (from: string, to: string): boolean => {
  const own = placeOf(from)
  const other = placeOf(to)
  switch (own) {
    case "index":
      return other !== "internal" && other !== "client"
    case "ground":
      return other === "internal"
    case "internal":
      return other === "internal" || other === "ground"
    case "client":
      return other === "client" || other === 0 || other === "internal" || other === "ground"
    case "apart":
      // The words, and the rules that they are made of; nothing of the client.
      if (other === "apart" || other === 0 || other === "internal" || other === "ground") return true
      // Both servers of this package listen and close by the same few lines. They need Node, so they cannot stand in `internal`.
      return from === "sandbox/node.ts" && to === "node/internal/listen.ts"
    case undefined:
      return false
    default:
      if (other === "internal" || other === "ground") return true
      if (other === "client") return own > 0
      // The sandbox stands apart: only the command runs it.
      if (other === "apart") return own === 4
      if (typeof other !== "number") return false
      // Homes are neighbours, not rooms of each other; only React lives in browsers, and Node's middleware is made of the server's
      // routes.
      return (
        other < own ||
        (other === own &&
          (own !== 3 ||
            from.split("/")[0] === to.split("/")[0] ||
            (from.startsWith("react/") && to.startsWith("browser/")) ||
            (from === "node/NodeSignInRoutes.ts" && to.startsWith("server/"))))
      )
  }
}

const violations = (broken: (file: string, name: string) => boolean, kind: "own" | "foreign"): ReadonlyArray<string> =>
  imports.flatMap((module) =>
    module[kind].filter((name) => broken(module.file, name)).map((name) => `${module.file} imports ${name}`)
  )

/** Where Node's modules and platform-node may be used. */
const isNodes = (file: string): boolean => /^(?:node|cli)\//.test(file) || file === "sandbox/node.ts"

const isNodeModule = (name: string): boolean => /^(?:node:|@effect\/platform-node)/.test(name)

/** The packages that a program may have no need for, each with the only module that imports it. */
const heavyPeers: ReadonlyArray<readonly [peer: RegExp, home: RegExp]> = [
  [/^(?:redis|@redis\/)/, /^PendingSignIns\/Redis\.ts$/],
  [/^@effect\/sql/, /^PendingSignIns\/Sql\.ts$/],
  [/^(?:react|react-dom|@tanstack\/react-query)(?:\/|$)/, /^react\//],
  [/^@effect\/(?:cli|printer|printer-ansi)(?:\/|$)/, /^cli\//],
  [/^undici(?:\/|$)/, /^node\//]
]

const publicModules = modules.filter(
  (file) =>
    !file.split("/").includes("internal") &&
    !file.startsWith("client/") &&
    !file.startsWith("cli/") &&
    (!file.startsWith("sandbox/") || file === "sandbox/node.ts") &&
    (!file.startsWith("react/") || file === "react/index.ts")
)

describe("floors", () => {
  it("every module has a floor", () => {
    assert.isAbove(modules.length, 20)
    assert.deepStrictEqual(
      modules.filter((file) => placeOf(file) === undefined),
      []
    )
  })

  it("every relative import is a source, with its extension", () => {
    assert.deepStrictEqual(
      violations((_, name) => !modules.includes(name), "own"),
      []
    )
  })

  it("a module imports only from its floor and those below", () => {
    assert.deepStrictEqual(
      violations((file, name) => !mayImport(file, name), "own"),
      []
    )
  })

  it("the words, client and internal have no file over 300 lines, except OAuthSchema", () => {
    const lines = (file: string): number => readFileSync(join(src, file), "utf8").trimEnd().split("\n").length
    assert.deepStrictEqual(
      modules.filter(
        (file) =>
          [0, "client", "internal", "ground"].includes(placeOf(file) ?? "") &&
          file !== "OAuthSchema.ts" &&
          lines(file) > 300
      ),
      []
    )
  })

  it("there is no circle, of types neither", () => {
    const next = new Map(imports.map(({ file, own }) => [file, own]))
    const circles: Array<string> = []
    const done = new Set<string>()
    const walk = (file: string, path: ReadonlyArray<string>): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" → "))
      else if (!done.has(file)) {
        for (const other of next.get(file) ?? []) walk(other, [...path, file])
        done.add(file)
      }
    }
    for (const file of modules) walk(file, [])
    assert.deepStrictEqual(circles, [])
  })
})

describe("what is imported from elsewhere", () => {
  it("effect's packages, module by module: a barrel costs a bundle hundreds of kilobytes", () => {
    assert.deepStrictEqual(
      violations((_, name) => /^(?:effect|@effect\/[\w-]+)$/.test(name), "foreign"),
      []
    )
  })

  it("Node's own modules and platform-node, only where the program runs on Node", () => {
    assert.deepStrictEqual(
      violations((file, name) => isNodeModule(name) && !isNodes(file), "foreign"),
      []
    )
  })

  it("a heavy peer, only in the module that is named after it", () => {
    assert.deepStrictEqual(
      violations((file, name) => heavyPeers.some(([peer, home]) => peer.test(name) && !home.test(file)), "foreign"),
      []
    )
  })
})

describe("package.json", () => {
  const { exports } = cast<{
    readonly exports: Record<string, { readonly types: string; readonly default: string } | string | null>
  }>(JSON.parse(readFileSync(join(root, "package.json"), "utf8")))
  const subpaths = Object.entries(exports).flatMap(([subpath, entry]) =>
    entry !== null && typeof entry === "object" ? [{ subpath, ...entry }] : []
  )

  it("exports every public module, and nothing that is none", () => {
    assert.deepStrictEqual(
      subpaths.map(({ default: file }) => file.replace("./dist/", "").replace(/\.js$/, "")).sort(),
      publicModules.map((file) => file.replace(/\.tsx?$/, "")).sort()
    )
  })

  it.each(subpaths)(
    "names each subpath as its file, with the types beside it: $subpath",
    ({ default: file, subpath, types }) => {
      assert.strictEqual(types, file.replace(/\.js$/, ".d.ts"))
      const name = file.replace("./dist/", "./").replace(/\.js$/, "")
      assert.include([name, name.replace(/\/index$/, ""), name === "./index" ? "." : name], subpath)
    }
  )

  it.each(["./client/*", "./internal/*"])("closes %s", (subpath) => {
    assert.isNull(exports[subpath])
  })

  describe("has a file for every bin", () => {
    const { bin = {} } = cast<{
      readonly bin?: Record<string, string>
    }>(JSON.parse(readFileSync(join(root, "package.json"), "utf8")))

    it.each(Object.values(bin))("%s", (file) => {
      assert.isTrue(existsSync(join(src, file.replace("./dist/", "").replace(/\.js$/, ".ts"))), file)
    })
  })
})

describe("index.ts", () => {
  it("exports every platform-neutral public module by its name, and nothing else", () => {
    const neutral = publicModules.filter((file) => !file.includes("/") && file !== "index.ts")
    const source = readFileSync(join(src, "index.ts"), "utf8").replace(/\/\*[\s\S]*?\*\//g, "")
    assert.deepStrictEqual(
      source
        .split("\n")
        .filter((line) => line.trim() !== "")
        .sort(),
      neutral.map((file) => file.replace(/\.tsx?$/, "")).map((name) => `export * as ${name} from "./${name}.js"`)
    )
  })

  it("reaches nothing that belongs to one platform", () => {
    const next = new Map(imports.map((module) => [module.file, module]))
    const reached = new Set<string>()
    const walk = (file: string): void => {
      if (reached.has(file)) return
      reached.add(file)
      for (const other of next.get(file)?.own ?? []) walk(other)
    }
    walk("index.ts")
    const foreign = Array.from(reached, (file) => next.get(file)?.foreign ?? []).flat()
    assert.deepStrictEqual(
      Array.from(new Set(foreign)).filter(
        (name) => !/^(?:jose(?:$|\/)|effect\/|@effect\/(?:platform|experimental)\/)/.test(name)
      ),
      []
    )
  })
})
