import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as fc from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { headerFault, keyFault, retryAfter } from "../src/client/headers.js"
import { readErrorBody } from "../src/client/readErrorBody.js"
import { reasonOf, describe as sentences } from "../src/client/reason.js"
import { cleaner, cut, parseClean, scrubber, strip } from "../src/internal/redact.js"
import { cast } from "./util/cast.js"
import { operations } from "./util/errors.js"
import { arbitraryVerifier, fakeKey, rfcVerifier } from "./util/words.js"

const utf8 = new TextEncoder()

/** Percent-encodes every byte. */
const percentAll = (text: string, upper = true): string =>
  Array.from(utf8.encode(text), (byte) => {
    const hex = byte.toString(16).padStart(2, "0")
    return `%${upper ? hex.toUpperCase() : hex}`
  }).join("")

const jsonAll = (text: string): string =>
  Array.from(text, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")

describe("strip", () => {
  it("takes out control characters, terminal escapes and bidi marks; line breaks become spaces", () => {
    assert.strictEqual(strip("a\u0000b\u001b[31mc\u007f\u009bd"), "ab[31mcd")
    assert.strictEqual(strip("\u202Eevil\u202C \u2066x\u2069\u200B\u200D\uFEFF\u00AD"), "evil x")
    assert.strictEqual(strip("a\r\nb\tc\u2028d\u2029e"), "a  b c d e")
    assert.strictEqual(strip("ß漢😀"), "ß漢😀")
  })

  it("leaves nothing of that kind of any text", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.notMatch(strip(text), /[\p{Cc}\p{Cf}\u2028\u2029]/u)
      })
    ))
})

describe("cut", () => {
  it("leaves 500 characters as they are, and makes 501 into 500 that end in an ellipsis", () => {
    assert.strictEqual(cut("x".repeat(500)), "x".repeat(500))
    assert.strictEqual(cut("x".repeat(501)), `${"x".repeat(499)}…`)
    assert.strictEqual(cut(""), "")
  })

  it("does not cut a character in two", () => {
    assert.strictEqual(cut(`${"x".repeat(498)}😀xx`), `${"x".repeat(498)}…`)
    assert.strictEqual(cut(`${"x".repeat(497)}😀xxx`), `${"x".repeat(497)}😀…`)
  })
})

describe("cleaner", () => {
  const clean = cleaner([rfcVerifier, fakeKey])

  it("leaves text without secrets as it is", () => {
    assert.strictEqual(
      clean("Invalid code or code_verifier: 100% wrong \\ sk- or not"),
      "Invalid code or code_verifier: 100% wrong \\ sk- or not"
    )
  })

  it.each(["\uFE0F", "\u{E0101}", "\u034F", "\u3164"])(
    "variation selectors, U+034F and U+3164 hide no secret: row %#",
    (invisible) => {
      assert.strictEqual(clean(Array.from(rfcVerifier).join(invisible)), "[redacted]")
    }
  )

  describe("a percent-encoded secret comes through after no prefix of up to four characters", () => {
    for (const prefix of [
      "%",
      "%2",
      "%5",
      "%7",
      "%25",
      "%252",
      "%257",
      "\\",
      "\\u",
      "\\u0",
      "\\u00",
      "a%2",
      "%%2",
      "%2%2"
    ]) {
      it(prefix, () =>
        fc.assert(
          fc.property(arbitraryVerifier, (verifier) => {
            for (const spelled of [
              percentAll(verifier),
              percentAll(verifier, false),
              encodeURIComponent(percentAll(verifier)),
              verifier
            ]) {
              const cleaned = cleaner([verifier])(`${prefix}${spelled}`)
              assert.strictEqual(cleaned.endsWith("[redacted]"), true)
              assert.isAtMost(cleaned.length, prefix.length + "[redacted]".length)
            }
          })
        )
      )
    }
  })

  it("withholds the whole text where a secret shows after two layers were undone", () => {
    assert.strictEqual(clean(`before ${encodeURIComponent(jsonAll(rfcVerifier))} after`).includes("dBjft"), false)
    assert.strictEqual(clean(`before ${jsonAll(percentAll(rfcVerifier))} after`), "[redacted]")
  })

  it("what is shorter than 8 characters is no secret: it would only make words unreadable", () => {
    assert.strictEqual(cleaner(["e", "code", "message"])("Invalid code in message"), "Invalid code in message")
  })

  const spellings: Record<string, (secret: string) => string> = {
    literal: (secret) => secret,
    "upper case": (secret) => secret.toUpperCase(),
    "lower case": (secret) => secret.toLowerCase(),
    "percent-encoded whole": (secret) => percentAll(secret),
    "percent-encoded in lower case": (secret) => percentAll(secret, false),
    "percent-encoded twice": (secret) => encodeURIComponent(percentAll(secret)),
    "percent-encoded five times": (secret) =>
      Array.from({ length: 4 }).reduce<string>((text) => encodeURIComponent(text), percentAll(secret)),
    "percent-encoded in part": (secret) => Array.from(secret, (c, i) => (i % 3 === 0 ? percentAll(c) : c)).join(""),
    "escaped in JSON": jsonAll,
    "escaped in JSON, in upper case": (secret) => jsonAll(secret).replace(/[a-f]/g, (c) => c.toUpperCase()),
    "escaped in JSON in JSON": (secret) => JSON.stringify(JSON.stringify(jsonAll(secret))),
    "escaped in JSON in part": (secret) => Array.from(secret, (c, i) => (i % 2 === 0 ? jsonAll(c) : c)).join(""),
    "with needless escapes": (secret) => Array.from(secret, (c) => `\\${c}`).join(""),
    "mixed: percent-encoded and escaped": (secret) =>
      Array.from(secret, (c, i) => (i % 2 === 0 ? jsonAll(c) : percentAll(c))).join(""),
    "with a NUL between all its characters": (secret) => Array.from(secret).join("\u0000"),
    "with bidi marks between all its characters": (secret) => Array.from(secret).join("\u202E\u200B"),
    "with a terminal escape character within": (secret) => `${secret.slice(0, 9)}\u001b${secret.slice(9)}`
  }
  for (const [how, spell] of Object.entries(spellings)) {
    it.each([rfcVerifier, fakeKey])(`takes out a secret, ${how}: %o`, (secret) => {
      const spelled = spell(secret)
      const cleaned = clean(`before ${spelled} after`)
      assert.match(cleaned, /^before [\\"]*\[redacted\][\\"]* after$/)
      assert.match(clean(spelled), /^[\\"]*\[redacted\][\\"]*$/)
      assert.match(clean(`${spelled}${spelled}`), /^[\\"]*\[redacted\][\\"]*(\[redacted\])?[\\"]*$/)
    })
  }

  describe("takes out a secret that holds escapes of its own, percent-encoded as well", () => {
    const secret = "fake-\\%00!code"

    it.each([encodeURIComponent(secret), percentAll(secret)])("%o", (spelled) => {
      assert.strictEqual(cleaner([secret])(spelled), "[redacted]")
    })
  })

  it("takes out a literal secret before anything is undone", () => {
    assert.strictEqual(cleaner(["61fake-secret"])("%61fake-secret"), "%[redacted]")
  })

  it("takes out keys it was not told of, as any sk-or-…", () => {
    const known = cleaner([])
    assert.strictEqual(known("a task-oriented risk-order"), "a task-oriented risk-order")
  })

  it.each([
    "sk-or-v1-fake00",
    "SK-OR-V1-FAKE00",
    "sk%2Dor%2dv1%2Dfake00",
    "sk%252Dor-fake",
    "sk-or-",
    "sk-or-fake_00-x",
    "sk\u200B-or\u0007-fake"
  ])("takes out keys it was not told of, as any sk-or-…: %s", (key) => {
    const known = cleaner([])
    assert.strictEqual(known(`key ${key}, or ${key}!`), "key [redacted], or [redacted]!")
  })

  it.each(Array.from({ length: 51 }, (_, i) => 450 + i))(
    "scrubs before it cuts: half a secret at the cut is not left over: it begins at %s",
    (at) => {
      const cleaned = clean(`${"x".repeat(at)}${rfcVerifier}${"y".repeat(100)}`)
      assert.isAtMost(cleaned.length, 500)
      assert.notInclude(cleaned, rfcVerifier.slice(0, 4))
    }
  )

  it("strips before it scrubs, and cuts last: what is stripped does not count", () => {
    assert.strictEqual(clean("\u0000".repeat(10_000) + "x".repeat(500)), "x".repeat(500))
    assert.strictEqual(clean(`${`${rfcVerifier} `.repeat(20)}end`), `${"[redacted] ".repeat(20)}end`)
  })

  it("takes out the longer of two secrets where one begins with the other", () => {
    assert.strictEqual(cleaner(["fake-secret", "fake-secret-and-more"])("fake-secret-and-more"), "[redacted]")
    assert.strictEqual(cleaner(["fake-secret-and-more", "fake-secret"])("fake-secret-and-more"), "[redacted]")
  })

  it("an empty secret hides nothing", () => {
    assert.strictEqual(cleaner(["", "\u0000", "\u202E\u200B"])("all is well"), "all is well")
  })

  it("reads characters of a secret as characters, not as a pattern", () => {
    const secret = "f.*+?^$k{e}()|[]/-"
    assert.strictEqual(cleaner([secret])(`<${secret}> <fake>`), "<[redacted]> <fake>")
    assert.strictEqual(cleaner([secret])(`<${encodeURIComponent(secret)}>`), "<[redacted]>")
  })

  it("takes out a secret with spaces, quotes and backslashes, also as JSON writes it", () => {
    const secret = 'fake "secret" \\ with \\\\ all'
    assert.strictEqual(cleaner([secret])(secret), "[redacted]")
    assert.strictEqual(cleaner([secret])(JSON.stringify(secret)), '"[redacted]"')
    assert.strictEqual(cleaner([secret])(encodeURIComponent(secret)), "[redacted]")
  })

  // A secret of 8 characters or more of anything, but for what stands in "[redacted]" itself.
  const arbitrarySecret = fc
    .oneof(
      fc.string({ unit: "binary", minLength: 8, maxLength: 80 }),
      fc.string({ unit: "grapheme-ascii", minLength: 8, maxLength: 80 })
    )
    .filter(
      (secret) =>
        Array.from(strip(secret).replace(/\\/g, "")).length >= 8 && !"[redacted]".includes(secret.toLowerCase())
    )
  const arbitraryText = fc.string({
    unit: fc.oneof(fc.string({ unit: "binary", maxLength: 3 }), fc.constantFrom("%", "25", "\\", "u00", "sk-or-", "…")),
    maxLength: 300
  })

  it("no arbitrary secret in an arbitrary text comes through, literal or percent-encoded, and never more than 500 characters", () =>
    fc.assert(
      fc.property(arbitrarySecret, arbitraryText, arbitraryText, (secret, before, after) => {
        const clean = cleaner([secret])
        const encoded = [encodeURIComponent(secret), percentAll(secret), encodeURIComponent(encodeURIComponent(secret))]
        for (const form of [secret, JSON.stringify(secret), ...encoded]) {
          const cleaned = clean(`${before}${form}${after}`)
          assert.isAtMost(cleaned.length, 500)
          assert.isFalse(cleaned.includes(secret), "the secret itself")
          assert.isFalse(cleaned.includes(strip(secret)), "the secret itself, stripped")
          for (const spelled of encoded) assert.notInclude(cleaned, spelled, "percent-encoded")
        }
      }),
      { numRuns: 500 }
    ))

  it("no verifier in an arbitrary text comes through, however its characters are spelled", () =>
    fc.assert(
      fc.property(
        arbitraryText,
        arbitraryText,
        fc.array(
          fc.constantFrom(
            (c: string) => c,
            percentAll,
            jsonAll,
            (c: string) => c.toUpperCase(),
            (c: string) => `\u200B${c}`,
            (c: string) => `%25${percentAll(c).slice(1)}`
          ),
          {
            minLength: rfcVerifier.length,
            maxLength: rfcVerifier.length
          }
        ),
        (before, after, spell) => {
          const spelled = Array.from(rfcVerifier, (c, i) => spell[i]?.(c) ?? c).join("")
          const cleaned = scrubber([rfcVerifier])(strip(`${before}${spelled}${after}`))
          assert.include(cleaned, "[redacted]")
          assert.notInclude(cleaned, strip(spelled))
        }
      )
    ))

  describe("ends on 64 KiB that are made to be slow", () => {
    const secrets = [
      rfcVerifier,
      fakeKey,
      "code-fake-123456",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "%25%25%25%25%25%25%25%25%25%25",
      "\\fake\\\\secret\\"
    ]
    const parts = [
      "%25",
      "%",
      "sk-or-",
      "sk%25",
      "sk%2525252d",
      "code",
      "\\",
      "\\u",
      "\\\\u0064",
      "d\\",
      "d%25",
      "a",
      "a\\",
      "%61",
      "\\u0061",
      "code-fake-12345",
      "\u202E",
      "\u0000d"
    ]
    for (const part of parts) {
      it(JSON.stringify(part), () => {
        const cleaned = cleaner(secrets)(part.repeat(Math.ceil(65_536 / part.length)))
        assert.isAtMost(cleaned.length, 500)
      })
    }

    it("one character, then a run of backslashes", () => {
      assert.isAtMost(cleaner(secrets)(`d${"\\".repeat(65_536)}`).length, 500)
      assert.isAtMost(cleaner(secrets)(`${"a\\\\\\\\\\\\\\".repeat(8192)}`).length, 500)
      // A secret of backslashes, control characters and what follows them: none may be searched by another one's run.
      const odd = `code${"\\".repeat(9)}${"\u0000".repeat(9)}end`
      assert.isAtMost(cleaner([odd])(`code${"\\".repeat(65_536)}`).length, 500)
    })
  })

  it.each(Array.from({ length: 10 }, (_, i) => 195 + i))(
    "a long secret with an invisible character of two units anywhere in it is taken out: at %s",
    (at) => {
      const secret = `${"fake0-".repeat(50).slice(0, at)}\u{E0001}${"x".repeat(100)}`
      assert.strictEqual(cleaner([secret])(`before ${secret}`), "before [redacted]")
    }
  )

  describe.each([200, 201, 1000, 8192, 100_000, 1_000_000])(
    "a secret as long as a whole callback, or a megabyte, is taken out too: %s",
    (length) => {
      const secret = "fake0-".repeat(Math.ceil(length / 6)).slice(0, length)

      it.each([
        ["as it is", (text: string) => text],
        ["as a part of a URL", encodeURIComponent],
        ["percent-encoded", (text: string) => percentAll(text.slice(0, 10_000))]
      ] as const)("%s", (_, spell) => {
        const cleaned = cleaner([secret, rfcVerifier])(`before ${spell(secret)}`)
        assert.isTrue(length > 10_000 || cleaned === "before [redacted]")
        assert.notInclude(cleaned, "fake0-")
      })

      it("and nothing else", () =>
        assert.strictEqual(cleaner([secret])(`nothing ${rfcVerifier}`), `nothing ${rfcVerifier}`))
    }
  )
})

describe("parseClean", () => {
  const clean = cleaner([rfcVerifier, "12345678", "1.2345e+21"])

  it("cleans every string, key and number, at every level", () => {
    assert.deepStrictEqual(
      parseClean(
        JSON.stringify({
          a: rfcVerifier,
          [rfcVerifier]: [1, true, null, `x${fakeKey}`],
          n: { deep: [{ [`k-${fakeKey}`]: "v\u001b" }] }
        }),
        clean
      ),
      { a: "[redacted]", "[redacted]": [1, true, null, "x[redacted]"], n: { deep: [{ "k-[redacted]": "v" }] } }
    )
  })

  it("cleans numbers that spell a secret, and keeps the others numbers", () => {
    assert.deepStrictEqual(parseClean("[12345678, 1.2345e21, 123456789, 0, -0, 1.5]", clean), [
      "[redacted]",
      "[redacted]",
      "[redacted]9",
      0,
      -0,
      1.5
    ])
  })

  it("cuts every text to 500 characters, keys too", () => {
    const cleaned = cast<Record<string, string>>(
      parseClean(JSON.stringify({ ["k".repeat(600)]: "v".repeat(600) }), clean)
    )
    assert.deepStrictEqual(
      Object.entries(cleaned).map(([key, value]) => [key.length, value.length]),
      [[500, 500]]
    )
  })

  it("is undefined where the text is no JSON, and where it has 30,000 levels", () => {
    assert.isUndefined(parseClean("no JSON", clean))
    assert.isUndefined(parseClean("", clean))
  })

  it.each(["[".repeat(30_000) + "]".repeat(30_000), `${'{"a":'.repeat(30_000)}1${"}".repeat(30_000)}`])(
    "is undefined where the text is no JSON, and where it has 30,000 levels: row %#",
    (json) => {
      assert.isUndefined(parseClean(json, clean))
      const { raw } = readErrorBody(`${json} ${rfcVerifier}`, clean)
      assert(typeof raw === "string")
      assert.isAtMost(raw.length, 500)
    }
  )

  it("leaves nothing of a secret 80 levels deep", () => {
    let value: unknown = rfcVerifier
    for (let level = 0; level < 40; level++) value = { nested: [value] }
    assert.notInclude(JSON.stringify(parseClean(JSON.stringify(value), clean)), rfcVerifier)
  })

  it("a __proto__ in JSON stays a field and pollutes nothing", () => {
    const cleaned = parseClean('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}', clean)
    assert.isUndefined(Reflect.get({}, "polluted"))
    assert.strictEqual(Object.getPrototypeOf(cleaned), Object.prototype)
    assert.deepStrictEqual(Object.keys(cast<object>(cleaned)), ["__proto__", "constructor"])
  })

  it("takes any JSON, and no secret comes through", () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const cleaned = parseClean(JSON.stringify({ one, [`x${rfcVerifier}`]: [other, rfcVerifier] }), clean)
        assert.notInclude(JSON.stringify(cleaned), rfcVerifier)
        assert.notInclude(inspect(cleaned, { depth: 99 }), rfcVerifier)
      })
    ))
})

/** Reads a body that holds no secret. */
const read = (body: string) => readErrorBody(body, cleaner([]))

describe("readErrorBody", () => {
  const message = (body: unknown) => read(typeof body === "string" ? body : JSON.stringify(body)).message

  it("1. OpenRouter's envelope", () => {
    const body = read(
      JSON.stringify({
        error: { code: 400, message: "Invalid code", metadata: { a: 1 } },
        openrouter_metadata: null,
        user_id: "user_fake"
      })
    )
    assert.strictEqual(body.message, "Invalid code")
    assert.deepStrictEqual(body.metadata, { a: 1 })
    assert.strictEqual(body.userId, "user_fake")
    assert.isFalse(body.validation)
    const bare = read(JSON.stringify({ error: { code: 400, message: "No", metadata: null }, user_id: null }))
    assert.strictEqual(bare.message, "No")
    assert.isUndefined(bare.metadata)
    assert.isUndefined(bare.userId)
  })

  it("2. a ZodError: its list of issues becomes words", () => {
    const zod = (issues: unknown) => ({ success: false, error: { name: "ZodError", message: JSON.stringify(issues) } })
    const body = read(
      JSON.stringify(
        zod([
          { code: "invalid_string", validation: "url", message: "Invalid url", path: ["callback_url"] },
          { code: "x", message: "Required", path: ["a", 0, "b"] },
          { message: "Whole body", path: [] },
          { message: "Bare" }
        ])
      )
    )
    assert.isTrue(body.validation)
    assert.strictEqual(body.message, "callback_url: Invalid url; a.0.b: Required; Whole body; Bare")
    assert.strictEqual(message(zod([])), "[]")
    assert.strictEqual(message({ error: { name: "ZodError", message: "[not JSON" } }), "[not JSON")
    assert.strictEqual(message({ error: { name: "ZodError", message: "plain" } }), "plain")
  })

  describe("2. a ZodError whose path is not a list of names costs nothing", () => {
    const deep = "[".repeat(30_000) + "]".repeat(30_000)

    it.each([
      ["[null,true,[]]", "Bad"],
      ['"a"', "a: Bad"],
      ["5", "5: Bad"],
      ['{"length":3}', "Bad"],
      ["null", "Bad"],
      // What is no text gives the message alone.
      ['[{"toString":1}]', "Bad"],
      ['["a",{"toString":1},2]', "Bad"],
      [`[${deep}]`, "Bad"]
    ] as const)("%s", (path, expected) => {
      const said = (path: string) => `[{"message":"Bad","path":${path}}]`
      assert.strictEqual(message({ error: { name: "ZodError", message: said(path) } }), expected)
    })
  })

  it("3. plain text", () => {
    assert.strictEqual(message("Malformed JSON in request body"), "Malformed JSON in request body")
    assert.strictEqual(message("  spaced \n"), "spaced")
  })

  it("4. an HTML page: its title", () => {
    assert.strictEqual(
      message("<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>…"),
      "502 Bad Gateway"
    )
    assert.strictEqual(message('  <html><TITLE class="x">\nNot found\n</TITLE>'), "Not found")
    assert.isUndefined(message("<html><body>no title</body></html>"))
    assert.isUndefined(message("<title></title>"))
  })

  it.each([180, 480])(
    "4. a title is not cut before it is scrubbed: half a secret must not be left over: %s",
    (padding) => {
      const page = (title: string) => `<html><head><title>${title}</title></head></html>`
      const { message } = readErrorBody(page(`${"x".repeat(padding)} ${rfcVerifier} end`), cleaner([rfcVerifier]))
      assert.strictEqual(message, `${"x".repeat(padding)} [redacted] end`)
    }
  )

  it("5. a string as the error", () => assert.strictEqual(message({ error: "some string" }), "some string"))

  it("6. RFC 6749's error and description", () => {
    assert.strictEqual(
      message({ error: "invalid_grant", error_description: "Code is used" }),
      "invalid_grant: Code is used"
    )
    assert.strictEqual(message({ error: "invalid_grant", error_description: "" }), "invalid_grant")
    assert.strictEqual(message({ error: "", error_description: "Only this" }), "Only this")
  })

  it.each(["", "  \n", "{}", "null", '{"error":{}}', '{"error":null}', '{"error":""}', "[]", "0", '""'])(
    "7. nothing at all: %s",
    (body) => {
      const { message, metadata, userId } = read(body)
      assert.deepStrictEqual([message, metadata, userId], [undefined, undefined, undefined], body)
    }
  )

  it("also a bare message, and a JSON string", () => {
    assert.strictEqual(message({ message: "At the top" }), "At the top")
    assert.strictEqual(message('"quoted"'), "quoted")
  })

  it("keeps the whole body: parsed where it was JSON", () => {
    assert.deepStrictEqual(read('{"a":[1]}').raw, { a: [1] })
    assert.strictEqual(read("no JSON").raw, "no JSON")
  })

  it("metadata and body keep their structure: a JSON string stays a string, null stays null", () => {
    const issues = '[{"message":"Bad","path":["a"]}]'
    const body = read(JSON.stringify({ error: { message: "x", metadata: { issues, none: null, yes: true } } }))
    assert.deepStrictEqual(body.metadata, { issues, none: null, yes: true })
    assert.isNull(read("null").raw)
    assert.strictEqual(read('"[1]"').raw, "[1]")
  })

  it("reads own fields only: a __proto__ says nothing", () => {
    const body = read(
      '{"__proto__":{"error":{"message":"no"},"user_id":"no"},"error":{"__proto__":{"message":"no","metadata":{"a":1}}}}'
    )
    assert.isUndefined(body.message)
    assert.isUndefined(body.metadata)
    assert.isUndefined(body.userId)
    assert.isUndefined(Reflect.get({}, "error"))
  })

  const anything = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        error: fc.oneof(
          fc.jsonValue(),
          fc.record({
            name: fc.constant("ZodError"),
            message: fc.oneof(
              fc.json(),
              fc
                .array(
                  fc.record({
                    path: fc.oneof(fc.jsonValue(), fc.constant([{ toString: 1, valueOf: null }])),
                    message: fc.jsonValue()
                  })
                )
                .map((x) => JSON.stringify(x))
            )
          })
        ),
        error_description: fc.jsonValue(),
        message: fc.jsonValue(),
        user_id: fc.jsonValue()
      },
      { requiredKeys: [] }
    )
  )

  it("never throws at any JSON, and neither do its reason and its sentence", () =>
    fc.assert(
      fc.property(
        anything,
        fc.constantFrom(...operations),
        fc.integer({ min: 100, max: 599 }),
        (json, operation, status) => {
          const body = read(JSON.stringify(json))
          assert.isTrue(body.message === undefined || (typeof body.message === "string" && body.message.trim() !== ""))
          assert.match(
            sentences(operation, status, reasonOf(operation, status, { ...body, said: body.message }), body.message),
            /^\w+ got status \d{3}[\s\S]*\.$/
          )
        }
      ),
      { numRuns: 500 }
    ))

  it("never throws at any bytes", () =>
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom("", "<", "<title>", "[", '{"error":', '"'),
        (bytes, before) => {
          read(before + new TextDecoder().decode(bytes))
        }
      ),
      { numRuns: 500 }
    ))

  describe.each([
    "<title",
    "<title ",
    "<title>",
    "<title>x",
    "[",
    '{"error":',
    " ",
    "\n",
    "invalid json",
    "code ",
    "code used",
    "invalid "
  ])("ends on 64 KiB that are made to be slow: %o", (part) => {
    const text = part.repeat(Math.ceil(65_536 / part.length))

    it.each([
      ["the body", text],
      ["a tag", `<${text}`],
      ["the error", JSON.stringify({ error: text })],
      ["the error's message", JSON.stringify({ error: { message: text } })]
    ] as const)("as %s", (_, body) => {
      const parsed = read(body)
      reasonOf("exchangeAuthCodeForAPIKey", 400, { ...parsed, said: parsed.message })
    })
  })

  it("ends on 64 KiB that are made to be slow: nested arrays", () => {
    read("[".repeat(32_768) + "]".repeat(32_768))
  })
})

describe("reasonOf", () => {
  const reason = (operation: Parameters<typeof reasonOf>[0], status: number, body: unknown) => {
    return reasonOf(operation, status, read(typeof body === "string" ? body : JSON.stringify(body)))
  }
  const said = (status: number, message: string) =>
    reason("exchangeAuthCodeForAPIKey", status, { error: { code: status, message } })

  it("of the exchange: what the guide documents and what was recorded", () => {
    assert.strictEqual(said(400, "Invalid code_challenge_method"), "InvalidCodeChallengeMethod")
    assert.strictEqual(said(403, "Invalid code or code_verifier"), "InvalidGrant")
    assert.strictEqual(said(403, "Authorization code expired"), "CodeExpired")
    assert.strictEqual(said(400, "Invalid code"), "InvalidGrant")
    assert.strictEqual(said(400, "INVALID CODE"), "InvalidGrant")
    assert.strictEqual(said(400, "Invalid authorization code"), "InvalidGrant")
    assert.strictEqual(said(400, "The code was already used"), "InvalidGrant")
    assert.strictEqual(said(404, "Code not found"), "InvalidGrant")
    assert.strictEqual(said(400, "Code has expired"), "CodeExpired")
    assert.strictEqual(said(405, "Method Not Allowed"), "Other")
    assert.strictEqual(said(400, "Malformed JSON in request body"), "MalformedBody")
  })

  it("of every body shape", () => {
    const exchange = (body: unknown) => reason("exchangeAuthCodeForAPIKey", 400, body)
    assert.strictEqual(exchange({ error: "Invalid code" }), "InvalidGrant")
    assert.strictEqual(exchange({ error: "invalid_grant", error_description: "Nope" }), "InvalidGrant")
    assert.strictEqual(exchange("Malformed JSON in request body"), "MalformedBody")
    assert.strictEqual(exchange(""), "Other")
    assert.strictEqual(exchange("<html><title>400 Bad Request</title></html>"), "Other")
    assert.strictEqual(
      exchange({
        success: false,
        error: { name: "ZodError", message: '[{"path":["code"],"message":"Invalid code"}]' }
      }),
      "ValidationFailed"
    )
  })

  it("a code is not what createAuthCode and getCurrentKey are refused for", () => {
    assert.strictEqual(
      reason("createAuthCode", 400, { error: { message: "Invalid callback_url" } }),
      "ValidationFailed"
    )
    assert.strictEqual(reason("createAuthCode", 403, { error: { message: "callback_url is required" } }), "Other")
  })

  it.each(["createAuthCode", "getCurrentKey"] as const)(
    "a code is not what createAuthCode and getCurrentKey are refused for: %s",
    (operation) => {
      assert.notInclude(["InvalidGrant", "CodeExpired"], reason(operation, 400, { error: { message: "Invalid code" } }))
      assert.strictEqual(reason(operation, 401, { error: { message: "Key expired" } }), "Other")
      assert.strictEqual(
        reason(operation, 400, { error: { message: "Invalid code_challenge_method" } }),
        "InvalidCodeChallengeMethod"
      )
    }
  )

  it("429 is RateLimited and 5XX is Other, whatever they say", () => {
    assert.strictEqual(said(429, "Invalid code"), "RateLimited")
  })

  it.each([500, 502, 503, 529])("429 is RateLimited and 5XX is Other, whatever they say: %s", (status) => {
    assert.strictEqual(said(status, "Invalid code expired"), "Other")
  })

  it.each(["e", "s", "error", "message", "code", "Invalid code"])(
    "no code of the caller's changes what an answer means, and the server's words are shown: %s",
    (code) => {
      const body = readErrorBody('{"error":{"code":403,"message":"Invalid code or code_verifier"}}', cleaner([code]))
      assert.strictEqual(reasonOf("exchangeAuthCodeForAPIKey", 403, body), "InvalidGrant", code)
      if (code.length < 8) assert.strictEqual(body.message, "Invalid code or code_verifier")
    }
  )

  it.each([
    [400, "The limit is invalid", "ValidationFailed"],
    [422, "The limit is invalid", "ValidationFailed"],
    [422, "The limit is required", "ValidationFailed"],
    [422, "Validation of the limit failed", "ValidationFailed"],
    [422, "Unprocessable", "Other"],
    [402, "The limit is invalid", "Other"]
  ] as const)("a field is refused by 400 and 422, in such words: %s %s", (status, message, expected) => {
    assert.strictEqual(reason("createAuthCode", status, { error: { message } }), expected)
  })

  it("a text is read by its first 1,000 characters", () => {
    assert.strictEqual(said(400, `${"x".repeat(980)} Invalid code`), "InvalidGrant")
    assert.strictEqual(said(400, `${"x".repeat(1000)} Invalid code`), "Other")
  })

  it("invisible characters in a message change nothing", () => {
    assert.strictEqual(said(400, "Inva\u200Blid co\u0000de"), "InvalidGrant")
  })
})

describe("the sentence of an error", () => {
  it("says what failed, what the server said and what to do", () => {
    assert.match(
      sentences("exchangeAuthCodeForAPIKey", 403, "InvalidGrant", "Invalid code"),
      /^exchangeAuthCodeForAPIKey got status 403: "Invalid code"\. .*start the sign-in again/i
    )
    assert.match(sentences("createAuthCode", 401, "Other", undefined), /^createAuthCode got status 401\. .*API key/)
    assert.match(sentences("createAuthCode", 409, "Other", "x"), /"x"\. Try again later\.$/)
    assert.match(sentences("createAuthCode", 429, "RateLimited", "x"), /"x"\. Try again later/)
    assert.match(sentences("createAuthCode", 418, "Other", "x"), /docs\/api-reference\/errors\.$/)
    assert.match(sentences("createAuthCode", 499, "Other", "x"), /docs\/api-reference\/errors\.$/)
    assert.notMatch(sentences("createAuthCode", 500, "Other", "x"), /docs\/api-reference\/errors/)
  })

  it("a 5XX of the exchange says to start again, not to send the code again; of the others to try again", () => {
    assert.match(sentences("exchangeAuthCodeForAPIKey", 502, "Other", undefined), /start the sign-in again/i)
  })

  it.each(["createAuthCode", "getCurrentKey"] as const)(
    "a 5XX of the exchange says to start again, not to send the code again; of the others to try again: %s",
    (operation) => {
      assert.match(sentences(operation, 502, "Other", undefined), /try again/i)
      assert.notMatch(sentences(operation, 502, "Other", undefined), /sign-in/)
    }
  )
})

describe("what an error tells the reader to do", () => {
  it.each([
    [401, "Other", /option apiKey, OPENROUTER_API_KEY/],
    [403, "Other", /account.*openrouter\.ai\/settings/],
    [404, "Other", /option baseUrl, OPENROUTER_BASE_URL/],
    [400, "ValidationFailed", /refused a field of the request: correct it/],
    [400, "InvalidSubjectToken", /fresh subject token/],
    [400, "PolicyRefused", /federationPolicyId/],
    [400, "ScopeRefused", /scope/]
  ] as const)("%s, %s", (status, reason, remedy) => {
    assert.match(sentences("createAuthCode", status, reason, "x"), remedy)
  })
})

describe("headerFault", () => {
  it.each(["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "\n"])(
    "refuses line breaks and NUL: header injection: %o",
    (value) => {
      assert.match(headerFault(value) ?? "", /line/)
    }
  )

  it.for([undefined, null, 5, {}, ["a"]])("refuses what is no text: %o", (value) => {
    assert.match(headerFault(value) ?? "", /must be .*text/)
  })

  it.each(["😀", "漢字", "’", "\u0100"])("refuses emoji and CJK: %s", (value) => {
    assert.match(headerFault(value) ?? "", /Latin-1/)
  })

  it.each(["", "My app", "Größe \u00ff", "a\tb", "~!@#$%^&*()"])("takes Latin-1: %s", (value) => {
    assert.isUndefined(headerFault(value))
  })

  it("takes only what Headers takes, for any text", () =>
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(
            fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
            fc.constantFrom("\r", "\n", "\0", "\t", "\u007f", "\u0080", "\u00ff", "\u0100")
          )
        }),
        (value) => {
          if (headerFault(value) === undefined) new Headers({ "x-test": value })
        }
      ),
      { numRuns: 1000 }
    ))
})

describe("keyFault", () => {
  it("takes visible ASCII", () => {
    assert.isUndefined(keyFault(Redacted.make(fakeKey), true))
  })

  it.each([" ", `${fakeKey}\n`, ` ${fakeKey}`, `${fakeKey}é`, "a b", null, 5])(
    "takes visible ASCII only, and does not repeat the key: %o",
    (key) => {
      const fault = keyFault(Redacted.make(key), true)
      assert.match(fault ?? "", /must be ASCII without spaces/)
      assert.notInclude(fault ?? "", "fake")
    }
  )

  it.each(["", fakeKey, null, 5])("takes a Redacted only, and does not repeat the key: %o", (key) => {
    assert.strictEqual(keyFault(key, false), "must be Redacted: wrap it with Redacted.make")
  })

  it.each(["", undefined])("says of %o that the key is missing, and where there may be one", (key) => {
    assert.match(keyFault(Redacted.make(key), true) ?? "", /^is missing: .*OPENROUTER_API_KEY/)
  })

  it.each([
    [true, "is missing: give an API key (OPENROUTER_API_KEY)"],
    [false, undefined]
  ])("where a key is required (%o), none %s", (isRequired, fault) => {
    assert.strictEqual(keyFault(undefined, isRequired), fault)
  })
})

describe("retryAfter", () => {
  const now = Date.UTC(2026, 10, 21, 12, 0, 0)
  const asked = (value: string | undefined, millis?: string) => {
    const after = retryAfter(
      (name) => (name === "retry-after" ? value : name === "retry-after-ms" ? millis : undefined),
      now
    )
    return after && Duration.toMillis(after)
  }

  it("seconds", () => {
    assert.strictEqual(asked("0"), 0)
    assert.strictEqual(asked("120"), 120_000)
    assert.strictEqual(asked(" 1.5 "), 1500)
  })

  it("an HTTP date, where it is not over", () => {
    assert.strictEqual(asked("Sat, 21 Nov 2026 12:00:30 GMT"), 30_000)
    assert.strictEqual(asked("Saturday, 21-Nov-26 12:00:30 GMT"), 30_000)
    assert.strictEqual(asked("Sat Nov 21 12:00:30 2026 GMT"), 30_000)
    assert.strictEqual(asked("Sat, 21 Nov 2026 12:00:00 GMT"), 0)
    assert.isUndefined(asked("Sat, 21 Nov 2020 12:00:00 GMT"))
  })

  it("no number, and no date that names no day of the week", () => {
    assert.isUndefined(asked("12 13 2040"))
  })

  it.each(["12 13 2040", "2040-12-13", "2040", "1 2", "Dec 13 2040"])(
    "no number, and no date that names no day of the week: %s",
    (value) => {
      assert.isTrue(asked(value) === undefined || /^\d+$/.test(value), value)
    }
  )

  it("retry-after-ms, which wins", () => {
    assert.strictEqual(asked("120", "250"), 250)
    assert.strictEqual(asked(undefined, "250"), 250)
    assert.strictEqual(asked("120", "soon"), 120_000)
  })

  it.each([undefined, "", "soon", "-5", "1e3", "12 parsecs", "0x10", "Infinity", "NaN", "later 5"])(
    "undefined where neither makes sense: %o",
    (value) => {
      assert.isUndefined(asked(value, value), String(value))
    }
  )
})
