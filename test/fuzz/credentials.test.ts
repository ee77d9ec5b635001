import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import {
  type CredentialRecord,
  decodeLegacy,
  decodeRecord,
  encodeRecord,
  normalBaseUrl
} from "../../src/node/internal/credentialRecord.js"
import { fakeKey } from "../util/words.js"
import { nearly } from "./nearly.js"
import { check } from "./runs.js"

const shown = ({ createdAt, expiresAt, key, ...rest }: CredentialRecord) => ({
  ...rest,
  key: Redacted.value(key),
  createdAt: DateTime.toEpochMillis(createdAt),
  expiresAt: expiresAt && DateTime.toEpochMillis(expiresAt)
})

const text = fc.string({ unit: "binary" })
const instant = fc.date({ noInvalidDate: true }).map((date) => DateTime.unsafeMake(date))
const record = fc.record(
  {
    version: fc.constant(2 as const),
    baseUrl: text,
    profile: text,
    key: text.map((key) => Redacted.make(key)),
    userId: fc.option(text),
    label: text,
    createdAt: instant,
    expiresAt: instant
  },
  { requiredKeys: ["version", "baseUrl", "profile", "key", "userId", "createdAt"] }
)

describe("a credential's file", () => {
  it("gives back every credential that was written", () =>
    check(
      fc.property(record, (given) => {
        assert.deepStrictEqual(shown(Option.getOrThrow(decodeRecord(encodeRecord(given)))), shown(given))
      }),
      700
    ))

  it("is none or a credential that can be written again, whatever text is in it", () =>
    check(
      fc.property(
        nearly({
          version: 2,
          baseUrl: "https://openrouter.ai/api/v1",
          profile: "default",
          key: fakeKey,
          userId: null,
          label: "mine",
          createdAt: "2026-01-01T00:00:00.000Z",
          expiresAt: "+275760-09-13T00:00:00.000Z"
        }),
        (file) => {
          const read = decodeRecord(file)
          if (Option.isNone(read)) return
          assert.deepStrictEqual(shown(Option.getOrThrow(decodeRecord(encodeRecord(read.value)))), shown(read.value))
        }
      ),
      1000
    ))

  it("of earlier versions is none or its entries, whatever text is in it", () =>
    check(
      fc.property(
        nearly({ version: 1, entries: { "https://openrouter.ai": { key: fakeKey, userId: null } } }),
        (file) => {
          decodeLegacy(file)
        }
      ),
      700
    ))

  it("finds a base URL by its one spelling, which is its own", () =>
    check(
      fc.property(
        fc.oneof(
          text,
          fc.webUrl({ withQueryParameters: true, withFragments: true }),
          fc.tuple(fc.constantFrom("http://", "HTTPS://", "https:/", "file://"), text).map((parts) => parts.join(""))
        ),
        (address) => {
          const normal = normalBaseUrl(address)
          if (normal !== undefined) assert.strictEqual(normalBaseUrl(normal), normal)
        }
      ),
      1000
    ))
})
