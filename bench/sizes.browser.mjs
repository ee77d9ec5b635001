// What `browser/BrowserSignIn` and `react` add to a page's download, minified and gzipped, beside the official SDK: JSON on stdout.
//   node bench/sizes.browser.mjs        (on dist: npm run build first)
import { realpathSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))

const bundle = async (contents, external = []) => {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: "js" },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    define: { "process.env.NODE_ENV": '"production"' },
    external,
    logLevel: "error",
    // Not this checkout's paths, which lead to the sources.
    tsconfigRaw: {}
  })
  const [output] = Object.values(metafile.outputs)
  return {
    size: gzipSync(outputFiles[0].contents, { level: 9 }).length,
    imports: [...new Set(output.imports.filter(({ external }) => external).map(({ path }) => path))]
  }
}

// A page with these has React and TanStack Query anyway.
const react = ["react", "react-dom", "react/jsx-runtime", "@tanstack/react-query"]
const effect = ["effect/*", "@effect/*"]

/** Every size in bytes. */
const sizeOf = async (code) => {
  const used = `${code}\nglobalThis.used = used`
  const [fromNothing, own] = await Promise.all([bundle(used, react), bundle(used, [...react, ...effect])])
  // A program that has all of Effect's modules that ours imports, whole.
  const program = own.imports
    .filter((path) => /^@?effect\//.test(path))
    .map((path, i) => `import * as m${i} from "${path}"; globalThis.m${i} = m${i}`)
    .join("\n")
  const [before, after] = await Promise.all([bundle(program, react), bundle(`${program}\n${used}`, react)])
  return { fromNothing: fromNothing.size, beyondEffect: after.size - before.size }
}

const ours = {
  "browser/BrowserSignIn, createBrowserSignIn": `
    import { createBrowserSignIn } from "effect-openrouter-oauth/browser/BrowserSignIn"
    const used = createBrowserSignIn`,
  "browser/BrowserSignIn, the service and layerFetch": `
    import { BrowserSignIn, layerFetch } from "effect-openrouter-oauth/browser/BrowserSignIn"
    const used = [BrowserSignIn, layerFetch]`,
  "react, session, provider, hook and button": `
    import { createSignInSession, OpenRouterProvider, SignInWithOpenRouterButton, useSignInWithOpenRouter } from "effect-openrouter-oauth/react"
    const used = [createSignInSession, OpenRouterProvider, SignInWithOpenRouterButton, useSignInWithOpenRouter]`,
  "react, both mutations and their client": `
    import { createClient } from "effect-openrouter-oauth/PromiseClient"
    import { OpenRouterProvider, useOAuthCreateAuthCodeMutation, useOAuthExchangeAuthCodeForAPIKeyMutation } from "effect-openrouter-oauth/react"
    const used = [createClient, OpenRouterProvider, useOAuthCreateAuthCodeMutation, useOAuthExchangeAuthCodeForAPIKeyMutation]`
}

const official = {
  // Its functions, which keep no verifier, check no state and clean no URL: that is the page's own work.
  "URL, challenge and exchange": `
    import { OpenRouterCore } from "@openrouter/sdk/core"
    import { oAuthCreateAuthorizationUrl } from "@openrouter/sdk/funcs/oAuthCreateAuthorizationUrl"
    import { oAuthCreateSHA256CodeChallenge } from "@openrouter/sdk/funcs/oAuthCreateSHA256CodeChallenge"
    import { oAuthExchangeAuthCodeForAPIKey } from "@openrouter/sdk/funcs/oAuthExchangeAuthCodeForAPIKey"
    const used = [OpenRouterCore, oAuthCreateAuthorizationUrl, oAuthCreateSHA256CodeChallenge, oAuthExchangeAuthCodeForAPIKey]`,
  // The package that npm has is without its React hooks: this is what they call.
  "the functions behind both mutations": `
    import { OpenRouterCore } from "@openrouter/sdk/core"
    import { oAuthCreateAuthCode } from "@openrouter/sdk/funcs/oAuthCreateAuthCode"
    import { oAuthExchangeAuthCodeForAPIKey } from "@openrouter/sdk/funcs/oAuthExchangeAuthCodeForAPIKey"
    const used = [OpenRouterCore, oAuthCreateAuthCode, oAuthExchangeAuthCodeForAPIKey]`
}

/** `{ unit, ours: { name: { fromNothing, beyondEffect } }, official: { name: { fromNothing } } }` */
export const browserSizes = async () => {
  const measured = (entries, measure) =>
    Promise.all(Object.entries(entries).map(async ([name, code]) => [name, await measure(code)]))
  return {
    unit: "bytes, minified and gzipped; without React and TanStack Query",
    ours: Object.fromEntries(await measured(ours, sizeOf)),
    official: Object.fromEntries(
      await measured(official, async (code) => ({
        fromNothing: (await bundle(`${code}\nglobalThis.used = used`)).size
      }))
    )
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await browserSizes(), null, 2))
}
