/** What a program's bundle weighs, minified and gzipped, and what the library adds to it. Measured on dist. */
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))

/** A program's size in bytes (`size` gzipped, `minified` before that), the modules that are in it and those it still imports. */
export const bundle = async (contents, external = [], platform = "browser") => {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: "js" },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    platform,
    target: "es2022",
    external: [...external],
    logLevel: "silent",
    // Not this checkout's paths, which lead to the sources.
    tsconfigRaw: {}
  })
  const [{ contents: text }] = outputFiles
  const [output] = Object.values(metafile.outputs)
  return {
    size: gzipSync(text, { level: 9 }).length,
    minified: text.length,
    /** What is in the bundle, not what was looked at. */
    inputs: Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    imports: output.imports.map(({ path }) => path)
  }
}

/** What code adds to a program that has all of Effect's modules it imports, whole. `own` is the code without them. */
export const addedToEffect = async (code) => {
  const own = await bundle(code, ["effect", "effect/*", "@effect/*"])
  const program = own.imports.map((path, i) => `import * as m${i} from "${path}"; globalThis.m${i} = m${i}`).join("\n")
  const [before, after] = await Promise.all([bundle(program), bundle(`${program}\n${code}`)])
  return { own, size: after.size - before.size, minified: after.minified - before.minified }
}

/** The client over any HttpClient and over fetch, and PKCE: the tags and layers that a program names. */
export const clientAndPkce = `
  import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
  import * as Pkce from "effect-openrouter-oauth/Pkce"
  globalThis.used = [OAuthClient.OAuthClient, OAuthClient.layer, OAuthClient.layerFetch, Pkce.Pkce, Pkce.layer]
`

/** All that the official SDK's standalone functions take for the same: OpenRouterCore and one function alone are `plain.sdk`. */
const sdkFunctions = `
  import { OpenRouterCore } from "@openrouter/sdk/core.js"
  import { oAuthCreateAuthCode } from "@openrouter/sdk/funcs/oAuthCreateAuthCode.js"
  import { oAuthCreateAuthorizationUrl } from "@openrouter/sdk/funcs/oAuthCreateAuthorizationUrl.js"
  import { oAuthCreateSHA256CodeChallenge } from "@openrouter/sdk/funcs/oAuthCreateSHA256CodeChallenge.js"
  import { oAuthExchangeAuthCodeForAPIKey } from "@openrouter/sdk/funcs/oAuthExchangeAuthCodeForAPIKey.js"
  globalThis.used = [OpenRouterCore, oAuthCreateAuthCode, oAuthCreateAuthorizationUrl, oAuthCreateSHA256CodeChallenge, oAuthExchangeAuthCodeForAPIKey]
`

/** Plain async programs that exchange one code, and nothing else. */
const plainPrograms = {
  promise: `
    import { createClient } from "effect-openrouter-oauth/PromiseClient"
    const { code, codeVerifier } = globalThis
    console.log(await createClient({}).exchangeAuthCodeForAPIKey({ code, codeVerifier }))
  `,
  sdk: `
    import { OpenRouterCore } from "@openrouter/sdk/core.js"
    import { oAuthExchangeAuthCodeForAPIKey } from "@openrouter/sdk/funcs/oAuthExchangeAuthCodeForAPIKey.js"
    const { code, codeVerifier } = globalThis
    console.log(await oAuthExchangeAuthCodeForAPIKey(new OpenRouterCore({}), { requestBody: { code, codeVerifier } }))
  `,
  sdkClass: `
    import { OpenRouter } from "@openrouter/sdk"
    const { code, codeVerifier } = globalThis
    console.log(await new OpenRouter({}).oAuth.exchangeAuthCodeForAPIKey({ requestBody: { code, codeVerifier } }))
  `
}

/** A sign-in from a terminal. `open`, an optional peer, is not in it. */
const terminalProgram = `
  import { signIn } from "effect-openrouter-oauth/node/PromiseSignIn"
  console.log(await signIn({ keyLabel: "My tool", limit: 5 }))
`

/** What a program with Effect's HttpClient has anyway. */
const typicalProgram = `
  import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
  import * as HttpClient from "@effect/platform/HttpClient"
  import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
  import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
  import * as Config from "effect/Config"
  import * as Context from "effect/Context"
  import * as Data from "effect/Data"
  import * as Duration from "effect/Duration"
  import * as Effect from "effect/Effect"
  import * as Layer from "effect/Layer"
  import * as Redacted from "effect/Redacted"
  import * as Schedule from "effect/Schedule"
  import * as Schema from "effect/Schema"
  class Failed extends Data.TaggedError("Failed") {}
  class Models extends Context.Tag("Models")() {}
  const Model = Schema.Struct({ id: Schema.String, created: Schema.Number, key: Schema.optional(Schema.Redacted(Schema.String)) })
  const layer = Layer.effect(Models, Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const key = yield* Config.redacted("KEY")
    const client = http.pipe(
      HttpClient.mapRequest(HttpClientRequest.bearerToken(Redacted.value(key))),
      HttpClient.filterStatusOk
    )
    return {
      list: HttpClientRequest.post("https://api.example/models").pipe(
        HttpClientRequest.bodyJson({ page: 1 }),
        Effect.flatMap(client.execute),
        Effect.flatMap(HttpClientResponse.schemaBodyJson(Schema.Array(Model))),
        Effect.timeout(Duration.seconds(10)),
        Effect.retry(Schedule.exponential("500 millis").pipe(Schedule.jittered, Schedule.intersect(Schedule.recurs(3)))),
        Effect.mapError(() => new Failed()),
        Effect.withSpan("list"),
        Effect.scoped
      )
    }
  }))
  Effect.runFork(Effect.flatMap(Models, ({ list }) => list).pipe(
    Effect.provide(layer), Effect.provide(FetchHttpClient.layer), Effect.tap(Effect.log)
  ))
`

const signIn = `
  import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
  import * as Pkce from "effect-openrouter-oauth/Pkce"
  Effect.runFork(Effect.gen(function* () {
    const client = yield* OAuthClient.OAuthClient
    const { codeChallenge, codeVerifier } = yield* (yield* Pkce.Pkce).generate
    const { id } = yield* client.createAuthCode({ callbackUrl: "https://app.example/", codeChallenge })
    const { key } = yield* client.exchangeAuthCodeForAPIKey({ code: id, codeVerifier })
    yield* Effect.log(yield* client.getCurrentKey(key), yield* client.createAuthorizationUrl({ codeChallenge }))
  }).pipe(Effect.provide(OAuthClient.layer()), Effect.provide(Pkce.layer), Effect.provide(FetchHttpClient.layer)))
`

/** What a sign-in adds to a whole program that already talks to an API by HttpClient, Effect included. */
export const addedToTypicalProgram = async () => {
  const [before, after] = await Promise.all([bundle(typicalProgram), bundle(typicalProgram + signIn)])
  return { before, size: after.size - before.size, minified: after.minified - before.minified }
}

const sizeOnly = ({ minified, size }) => ({ size, minified })

/** Every size that the benchmark reports, in bytes; the same on every run. */
export const sizes = async () => {
  const [effect, typical, promise, sdk, sdkAll, sdkClass, terminal] = await Promise.all([
    addedToEffect(clientAndPkce),
    addedToTypicalProgram(),
    bundle(plainPrograms.promise),
    bundle(plainPrograms.sdk),
    bundle(sdkFunctions),
    bundle(plainPrograms.sdkClass),
    bundle(terminalProgram, ["open"], "node")
  ])
  return {
    // The SDK's side is its exchange alone: the smaller figure of the two.
    added: { effect: sizeOnly(effect), sdk: sizeOnly(sdk), sdkAll: sizeOnly(sdkAll) },
    typical: { effect: sizeOnly(typical) },
    plain: { promise: sizeOnly(promise), sdk: sizeOnly(sdk), sdkClass: sizeOnly(sdkClass) },
    terminal: { signIn: sizeOnly(terminal) }
  }
}
