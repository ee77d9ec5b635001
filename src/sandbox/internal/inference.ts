/** The endpoints that need a key: models, credits, and a chat that repeats the last message. They show that a key works. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { bearer, type Endpoint, tooLarge, unauthorized } from "./Endpoint.js"
import { standardError } from "./errorBody.js"
import type { SandboxKey } from "./Ledger.js"
import * as Reply from "./Reply.js"
import * as Usage from "./Usage.js"

const modelId = "sandbox/echo"

const model = {
  id: modelId,
  canonical_slug: modelId,
  name: "Sandbox: Echo",
  created: 1735689600,
  description: "Repeats the user's last message.",
  context_length: 16_384,
  architecture: {
    input_modalities: ["text"],
    output_modalities: ["text"],
    modality: "text->text",
    instruct_type: null,
    tokenizer: "Other"
  },
  pricing: { prompt: "0", completion: "0", request: String(Usage.price) },
  top_provider: { context_length: 16_384, max_completion_tokens: null, is_moderated: false },
  per_request_limits: null,
  supported_parameters: ["max_tokens", "temperature"],
  supported_voices: null,
  default_parameters: null,
  hugging_face_id: null,
  expiration_date: null,
  knowledge_cutoff: null,
  links: { details: `/api/v1/models/${modelId}/endpoints` }
}

const models = Reply.json(200, { data: [model], links: { next: null }, total_count: 1 })

const listModels: Endpoint["answer"] = () => Effect.succeed(models)

const withKey =
  (
    answer: (key: SandboxKey, now: number, ...rest: Parameters<Endpoint["answer"]>) => Effect.Effect<Reply.Reply>
  ): Endpoint["answer"] =>
  (settings, request) =>
    Effect.flatMap(settings.clock.now, (now) => {
      const key = bearer(settings.ledger, request, now)
      return key === undefined ? Effect.succeed(unauthorized) : answer(key, now, settings, request)
    })

const listModelsUser = withKey(() => Effect.succeed(models))

/** Credits of the seeded account, in US dollars. */
const totalCredits = 100

const getCredits = withKey((key, _now, { ledger }) =>
  Effect.map(ledger.all, (keys) => {
    if (Redacted.value(key.key) !== Redacted.value(ledger.apiKey)) {
      return standardError(403, "Only management keys can read credits")
    }
    const requests = keys.reduce((sum, { usage }) => sum + usage.total, 0)
    return Reply.json(200, { data: { total_credits: totalCredits, total_usage: Usage.dollars(requests) } })
  })
)

const Content = Schema.Union(
  Schema.String,
  Schema.Array(Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) }))
)

const ChatRequest = Schema.parseJson(
  Schema.Struct({
    model: Schema.optional(Schema.NullOr(Schema.String)),
    messages: Schema.Array(
      Schema.Struct({ role: Schema.String, content: Schema.optional(Schema.NullOr(Content)) })
    ).pipe(Schema.minItems(1)),
    stream: Schema.optional(Schema.NullOr(Schema.Boolean))
  })
)

type ChatRequest = typeof ChatRequest.Type

const readChat = Schema.decodeUnknownOption(ChatRequest)

const textOf = (message: ChatRequest["messages"][number] | undefined): string => {
  const content = message?.content ?? ""
  return typeof content === "string" ? content : content.map(({ text = "" }) => text).join("")
}

const words = (text: string) => text.split(/\s+/).filter((word) => word !== "").length

const chatOf = ({ messages, model = modelId }: ChatRequest, now: number) => {
  const content = textOf(messages.findLast(({ role }) => role === "user"))
  const promptTokens = messages.reduce((sum, message) => sum + words(textOf(message)), 0)
  const completionTokens = words(content)
  return {
    content,
    head: {
      id: `gen-${crypto.randomUUID()}`,
      created: Math.floor(now / 1000),
      model: model ?? modelId,
      provider: "Sandbox"
    },
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      cost: Usage.price
    }
  }
}

type Chat = ReturnType<typeof chatOf>

const whole = ({ content, head, usage }: Chat): Reply.Reply =>
  Reply.json(
    200,
    {
      ...head,
      object: "chat.completion",
      system_fingerprint: null,
      choices: [
        {
          index: 0,
          logprobs: null,
          finish_reason: "stop",
          native_finish_reason: "stop",
          message: { role: "assistant", content, refusal: null }
        }
      ],
      usage
    },
    { "x-generation-id": head.id }
  )

/** Server-sent events: a chunk a word, then one that stops, one with the usage, and `[DONE]`. */
const streamed = ({ content, head, usage }: Chat): Reply.Reply => {
  const chunk = (rest: object) => `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", ...rest })}\n\n`
  const choice = (text: string, finish: "stop" | null) => ({
    choices: [
      {
        index: 0,
        delta: { role: "assistant", content: text },
        finish_reason: finish,
        native_finish_reason: finish,
        logprobs: null
      }
    ]
  })
  const parts = content.match(/\s*\S+\s*$|\s*\S+/g) ?? [content]
  const events = [
    ": OPENROUTER PROCESSING\n\n",
    ...parts.map((part) => chunk(choice(part, null))),
    chunk({ ...choice("", "stop"), usage }),
    "data: [DONE]\n\n"
  ]
  return Reply.make(200, "text/event-stream", events.join(""), {
    "cache-control": "no-cache",
    "x-generation-id": head.id
  })
}

const chat = withKey((key, now, { ledger }, request) =>
  Effect.map(request.text, (text) => {
    if (text === undefined) return tooLarge
    const body = Option.getOrUndefined(readChat(text))
    if (body === undefined) {
      return standardError(400, "The body must be JSON with messages: a list of { role, content }")
    }
    const paid = ledger.spend(Redacted.value(key.key), now)
    if (Either.isLeft(paid)) return paid.left === "Spent" ? outOfCredits : unauthorized
    const answer = chatOf(body, now)
    return body.stream === true ? streamed(answer) : whole(answer)
  })
)

const outOfCredits = standardError(402, "The limit of this key is spent. Sign in again to get another key.")

export const inferenceEndpoints: ReadonlyArray<Endpoint> = [
  { operation: "listModels", method: "GET", path: "/api/v1/models", answer: listModels },
  { operation: "listModelsUser", method: "GET", path: "/api/v1/models/user", answer: listModelsUser },
  { operation: "getCredits", method: "GET", path: "/api/v1/credits", answer: getCredits },
  { operation: "sendChatCompletionRequest", method: "POST", path: "/api/v1/chat/completions", answer: chat }
]
