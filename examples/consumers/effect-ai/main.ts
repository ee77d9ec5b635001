/**
 * Effect AI with `@effect/ai-openrouter`: its client is a layer that is made once the key is there.
 */
import * as LanguageModel from "@effect/ai/LanguageModel"
import * as OpenRouterClient from "@effect/ai-openrouter/OpenRouterClient"
import * as OpenRouterLanguageModel from "@effect/ai-openrouter/OpenRouterLanguageModel"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ApiKey } from "effect-openrouter-oauth/ApiKey"
import * as DefaultApiKey from "effect-openrouter-oauth/node/DefaultApiKey"

const apiUrl = process.env.OPENROUTER_BASE_URL ?? "https://openrouter.ai/api/v1"

const OpenRouter = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { key } = yield* (yield* ApiKey).get
    return OpenRouterClient.layer({ apiKey: key, apiUrl })
  })
).pipe(
  Layer.provide([
    DefaultApiKey.layer({ client: { baseUrl: apiUrl }, signIn: { keyLabel: "Effect AI example", limit: 1 } }),
    FetchHttpClient.layer
  ])
)

const program = Effect.gen(function* () {
  const { text } = yield* LanguageModel.generateText({ prompt: "Hello from Effect AI" })
  yield* Effect.sync(() => console.log(`whole: ${text}`))

  const parts = yield* LanguageModel.streamText({ prompt: "Hello in parts from Effect AI" }).pipe(
    Stream.filterMap((part) => (part.type === "text-delta" ? Option.some(part.delta) : Option.none())),
    Stream.runCollect
  )
  yield* Effect.sync(() => console.log(`in ${Chunk.size(parts)} parts: ${Chunk.join(parts, "")}`))
})

program.pipe(
  Effect.provide(Layer.provide(OpenRouterLanguageModel.layer({ model: "openrouter/auto" }), OpenRouter)),
  Effect.runPromise
)
