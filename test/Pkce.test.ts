import { createHash } from "node:crypto"
import { inspect } from "node:util"
import { afterEach, assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import { vi } from "vitest"
import { cast } from "./util/cast.js"
import { arbitraryVerifier, rfcChallenge, rfcVerifier } from "./util/words.js"

const challenge = (verifier: string, method?: Pkce.CodeChallengeMethod) =>
  Effect.flatMap(Pkce.Pkce, (pkce) => pkce.challenge(Redacted.make(verifier), method))

const generate = Effect.flatMap(Pkce.Pkce, (pkce) => pkce.generate)

const defectMessage = <A, E>(exit: Exit.Exit<A, E>): string => {
  assert(Exit.isFailure(exit))
  assert.isTrue(Cause.isDie(exit.cause), "it must be a defect")
  return Cause.pretty(exit.cause)
}

describe("challenge", () => {
  it.effect("gives the challenge of RFC 7636, appendix B", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* challenge(rfcVerifier), rfcChallenge)
    }).pipe(Effect.provide(Pkce.layer))
  )

  it.effect("is S256 unless plain is said by name", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* challenge(rfcVerifier, undefined), rfcChallenge)
      assert.strictEqual(yield* challenge(rfcVerifier, "S256"), rfcChallenge)
      assert.strictEqual(yield* challenge(rfcVerifier, "plain"), rfcVerifier)
    }).pipe(Effect.provide(Pkce.layer))
  )

  it.effect.each(["s256", "PLAIN", "none", "", null])(
    "refuses a method that is neither, and never downgrades to plain: %o",
    (method) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(challenge(rfcVerifier, cast<Pkce.CodeChallengeMethod>(method)))
        assert.strictEqual(error._tag, "InvalidRequest")
        assert.deepStrictEqual(error.issues, [{ path: "method", message: "must be S256 or plain" }])
        assert.notInclude(inspect(error, { showHidden: true, depth: 9 }), rfcVerifier)
      }).pipe(Effect.provide(Pkce.layer))
  )

  it("is the base64url of the verifier's SHA-256, for every valid verifier", () =>
    fc.assert(
      fc.asyncProperty(arbitraryVerifier, async (verifier) => {
        const made = await Effect.runPromise(Effect.provide(challenge(verifier), Pkce.layer))
        assert.strictEqual(made, createHash("sha256").update(verifier).digest("base64url"))
      })
    ))

  it("is the verifier itself in plain, for every valid verifier", () =>
    fc.assert(
      fc.asyncProperty(arbitraryVerifier, async (verifier) => {
        assert.strictEqual(await Effect.runPromise(Effect.provide(challenge(verifier, "plain"), Pkce.layer)), verifier)
      })
    ))

  describe("refuses a bad verifier before it is hashed, and does not repeat it", () => {
    const body = "fakeVerifierThatIsNotToBeShownAnywhere_abcdefg"
    const bad: Record<string, string> = {
      empty: "",
      "42 characters": body.slice(0, 42),
      "129 characters": body.repeat(3).slice(0, 129),
      "a plus sign": `${body}+`,
      "a slash": `${body}/`,
      padding: `${body}=`,
      "a space": `${body} x`,
      "a line break at the end": `${body}\n`,
      "a letter beyond ASCII": `${body}é`,
      "a NUL": `${body}\0`
    }
    for (const [what, verifier] of Object.entries(bad)) {
      for (const method of [undefined, "S256", "plain"] as const) {
        it.effect(`${what}, ${method ?? "no method"}`, () =>
          Effect.gen(function* () {
            const digest = vi.spyOn(crypto.subtle, "digest")
            const error = yield* Effect.flip(challenge(verifier, method))
            assert.strictEqual(error._tag, "InvalidRequest")
            assert.strictEqual(error.operation, "Pkce.challenge")
            assert.deepStrictEqual(
              error.issues.map(({ path }) => path),
              ["codeVerifier"]
            )
            assert.match(error.message, /43 to 128 characters/)
            assert.strictEqual(digest.mock.calls.length, 0)
            if (verifier !== "") {
              for (const shown of [inspect(error, { showHidden: true }), JSON.stringify(error), String(error.stack)]) {
                assert.notInclude(shown, verifier)
                assert.notInclude(shown, "fakeVerifier")
              }
            }
          }).pipe(Effect.provide(Pkce.layer))
        )
      }
    }

    it.effect.each([undefined, null, 5, rfcVerifier, Redacted.make(5), Redacted.make([rfcVerifier])])(
      "something that is no Redacted text at all: %o",
      (verifier) =>
        Effect.gen(function* () {
          const pkce = yield* Pkce.Pkce
          const error = yield* Effect.flip(pkce.challenge(cast(verifier)))
          assert.strictEqual(error._tag, "InvalidRequest")
          assert.notInclude(inspect(error, { showHidden: true }), rfcVerifier)
        }).pipe(Effect.provide(Pkce.layer))
    )

    afterEach(() => {
      vi.restoreAllMocks()
    })
  })
})

describe("generate", () => {
  it.effect("is 43 characters of base64url, the challenge that belongs to them, and S256", () =>
    Effect.gen(function* () {
      const pair = yield* generate
      const verifier = Redacted.value(pair.codeVerifier)
      assert.match(verifier, /^[A-Za-z0-9_-]{43}$/)
      assert.strictEqual(pair.codeChallengeMethod, "S256")
      assert.strictEqual(pair.codeChallenge, createHash("sha256").update(verifier).digest("base64url"))
      assert.strictEqual(pair.codeChallenge, yield* challenge(verifier))
    }).pipe(Effect.provide(Pkce.layer))
  )

  it.effect("takes exactly 32 bytes of the platform's cryptographic generator, and all of them", () =>
    Effect.gen(function* () {
      const bytes = Uint8Array.from({ length: 32 }, (_, i) => 255 - i)
      const random = vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
        assert.instanceOf(array, Uint8Array)
        assert.strictEqual(array.byteLength, 32)
        array.set(bytes)
        return array
      })
      const { codeVerifier } = yield* Effect.ensuring(
        generate,
        Effect.sync(() => random.mockRestore())
      )
      assert.strictEqual(random.mock.calls.length, 0, "restored")
      assert.deepStrictEqual(
        Encoding.decodeBase64Url(Redacted.value(codeVerifier)),
        Encoding.decodeBase64Url(Buffer.from(bytes).toString("base64url"))
      )
    }).pipe(Effect.provide(Pkce.layer))
  )

  it.effect("is fresh each time: of 2,000 pairs no two share a verifier or a challenge", () =>
    Effect.gen(function* () {
      const pairs = yield* Effect.replicateEffect(generate, 2000)
      assert.strictEqual(new Set(pairs.map((pair) => Redacted.value(pair.codeVerifier))).size, 2000)
      assert.strictEqual(new Set(pairs.map((pair) => pair.codeChallenge)).size, 2000)
      // Every position of a verifier uses the whole alphabet; the last one holds only 4 bits.
      const used = Array.from(
        { length: 43 },
        (_, i) => new Set(pairs.map((p) => Redacted.value(p.codeVerifier)[i])).size
      )
      assert.deepStrictEqual(used, [...Array.from({ length: 42 }, () => 64), 16])
      for (const { codeChallengeMethod } of pairs) assert.strictEqual(codeChallengeMethod, "S256")
    }).pipe(Effect.provide(Pkce.layer))
  )

  it.effect("is fresh also where one effect is run many times, and at once", () =>
    Effect.gen(function* () {
      const { generate } = yield* Pkce.Pkce
      const pairs = yield* Effect.all(
        Array.from({ length: 100 }, () => generate),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(pairs.map(({ codeVerifier }) => Redacted.value(codeVerifier))).size, 100)
    }).pipe(Effect.provide(Pkce.layer))
  )

  it.effect("never shows the verifier of a pair", () =>
    Effect.gen(function* () {
      const pair = yield* generate
      const verifier = Redacted.value(pair.codeVerifier)
      for (const shown of [
        inspect(pair, { showHidden: true, depth: 9 }),
        JSON.stringify(pair),
        String(pair.codeVerifier),
        `${pair.codeVerifier}`,
        inspect(Exit.succeed(pair), { depth: 9 }),
        Cause.pretty(Cause.fail(pair))
      ]) {
        assert.notInclude(shown, verifier)
      }
      assert.include(JSON.stringify(pair), "<redacted>")
    }).pipe(Effect.provide(Pkce.layer))
  )
})

describe("layerTest", () => {
  const [first, second, third] = cast<[string, string, string]>(["a", "b", "c"].map((letter) => letter.repeat(43)))

  it.effect("hands the verifiers out in order, with their real challenges, then dies loudly", () =>
    Effect.gen(function* () {
      for (const verifier of [first, second, third]) {
        const pair = yield* generate
        assert.strictEqual(Redacted.value(pair.codeVerifier), verifier)
        assert.strictEqual(pair.codeChallenge, createHash("sha256").update(verifier).digest("base64url"))
        assert.strictEqual(pair.codeChallengeMethod, "S256")
      }
      for (let more = 0; more < 2; more++) {
        assert.match(defectMessage(yield* Effect.exit(generate)), /Pkce\.layerTest.*3.*one more was asked for/)
      }
    }).pipe(Effect.provide(Pkce.layerTest(first, second, third)))
  )

  it.effect("starts anew in each build of the layer", () =>
    Effect.gen(function* () {
      const layer = Pkce.layerTest(first)
      const once = Effect.map(generate, (pair) => Redacted.value(pair.codeVerifier))
      assert.strictEqual(yield* Effect.provide(once, layer), first)
      assert.strictEqual(yield* Effect.provide(once, layer), first)
    })
  )

  it.effect("without verifiers it dies at once", () =>
    Effect.gen(function* () {
      assert.match(defectMessage(yield* Effect.exit(generate)), /one more was asked for/)
    }).pipe(Effect.provide(Pkce.layerTest()))
  )

  it.effect("dies at a verifier that is none, and does not show it", () =>
    Effect.gen(function* () {
      const message = defectMessage(yield* Effect.exit(generate))
      assert.match(message, /43 to 128 characters/)
      assert.notInclude(message, "too-short-fake-verifier")
    }).pipe(Effect.provide(Pkce.layerTest("too-short-fake-verifier")))
  )

  it.effect("checks and hashes like the real one", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* challenge(rfcVerifier), rfcChallenge)
      assert.strictEqual((yield* Effect.flip(challenge("short")))._tag, "InvalidRequest")
    }).pipe(Effect.provide(Pkce.layerTest()))
  )
})

describe("where the platform has no Web Crypto", () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  const webCrypto = globalThis.crypto
  const poor: Record<string, unknown> = {
    "crypto.subtle is hidden (a page over plain http)": {
      getRandomValues: <T extends ArrayBufferView>(array: T) => cast<T>(webCrypto.getRandomValues(cast(array)))
    },
    "there is no crypto at all": undefined
  }
  for (const [what, crypto] of Object.entries(poor)) {
    it.effect.each([
      ["generate", Effect.asVoid(generate)],
      ["challenge", Effect.asVoid(challenge(rfcVerifier))]
    ] as const)(`%s says so in a defect that tells what to do: ${what}`, ([, effect]) =>
      Effect.gen(function* () {
        vi.stubGlobal("crypto", crypto)
        const message = defectMessage(yield* Effect.exit(effect))
        assert.match(message, /crypto\.subtle is missing: use https or localhost/)
        assert.notInclude(message, rfcVerifier)
      }).pipe(Effect.provide(Pkce.layer))
    )
  }
})
