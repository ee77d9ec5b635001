/** The memory of the sandbox: codes that wait for their exchange, and keys. */

import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import type { SandboxClock } from "./SandboxClock.js"
import * as Usage from "./Usage.js"

/**
 * A key that the sandbox accepts.
 *
 * @since 0.1.0
 * @category models
 */
export interface SandboxKey {
  readonly key: Redacted.Redacted<string>
  readonly label: string
  /** The limit in US dollars; null is no limit. */
  readonly limit: number | null
  readonly limitReset: "daily" | "weekly" | "monthly" | null
  /** Milliseconds since 1970; null is never. */
  readonly expiresAt: number | null
  readonly workspaceId: string | null
  readonly userId: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** The requests that were paid with it. */
  readonly usage: Usage.Usage
}

/**
 * Options of a key that is issued without a sign-in.
 *
 * @since 0.1.0
 * @category models
 */
export interface IssueOptions {
  /** The limit in US dollars. Defaults to no limit. */
  readonly limit?: number | null | undefined
  /** How often the limit is reset. Defaults to never. */
  readonly limitReset?: "daily" | "weekly" | "monthly" | null | undefined
  /** Defaults to `Sandbox key`. */
  readonly label?: string | undefined
  /** The time at which the key expires: a date, or milliseconds since 1970. Defaults to never. */
  readonly expiresAt?: DateTime.Utc | Date | number | null | undefined
  readonly workspaceId?: string | null | undefined
}

/**
 * The keys of the sandbox.
 *
 * @since 0.1.0
 * @category models
 */
export interface Keys {
  /** The API key of the seeded account, which `createAuthCode` needs. */
  readonly apiKey: Redacted.Redacted<string>
  /** Returns every key, valid or expired, with the seeded one first. */
  readonly all: Effect.Effect<ReadonlyArray<SandboxKey>>
  /** Issues a key of the seeded account without a sign-in. */
  readonly issue: (options?: IssueOptions | undefined) => Effect.Effect<Redacted.Redacted<string>>
  /** Revokes a key. Returns whether there was one. */
  readonly revoke: (key: Redacted.Redacted<string>) => Effect.Effect<boolean>
}

/** The key that a code is exchanged for, and its conditions. */
export interface Grant {
  readonly key: Omit<SandboxKey, "key" | "createdAt" | "usage">
  readonly challenge: { readonly value: string; readonly method: "S256" | "plain" } | undefined
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export interface Ledger extends Keys {
  readonly issueCode: (grant: Omit<Grant, "expiresAt">, now: number) => string
  readonly grantOf: (code: string) => Grant | undefined
  /** Uses the code up and returns its key; undefined if the code was used before. */
  readonly redeem: (code: string, now: number) => SandboxKey | undefined
  /** Pays one request with a key: `Spent` if its limit is reached, `Unknown` if it was revoked meanwhile. */
  readonly spend: (key: string, now: number) => Either.Either<void, "Spent" | "Unknown">
  /** Returns the key of a bearer: the key itself, or the key that an access token acts as. Undefined if either has expired. */
  readonly keyOf: (bearer: string, now: number) => SandboxKey | undefined
  /** Accepts an access token until it expires (milliseconds since 1970). It acts as the policy's key, which is created on first use. */
  readonly addAccessToken: (token: string, policyLabel: string, expiresAt: number, now: number) => void
  /** Forgets everything except the seeded key, which is put back to its first state. */
  readonly reset: () => void
}

/** In characters, as at OpenRouter. */
export const maxLabelLength = 100

/**
 * Milliseconds, as OpenRouter documents it. The client's `lifetime` is not used here, so that client and sandbox cannot agree on a
 * mistake.
 */
const codeLifetime = 10 * 60 * 1000
/** How long an expired code is still told from an unknown one, in milliseconds. */
const tombstoneLifetime = 60 * 60 * 1000
const maxCodes = 10_000
const maxKeys = 10_000
const maxAccessTokens = 10_000

const random = (bytes: number): string => Encoding.encodeHex(crypto.getRandomValues(new Uint8Array(bytes)))

/** Removes the oldest entries until no more than `size` are left. */
const shrink = <A>(map: Map<string, A>, size: number, keep: string | undefined) => {
  for (const name of map.keys()) {
    if (map.size <= size) return
    if (name !== keep) map.delete(name)
  }
}

interface AccessToken {
  readonly key: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export const makeLedger = (seed: SandboxKey, clock: SandboxClock): Ledger => {
  const codes = new Map<string, Grant>()
  const accessTokens = new Map<string, AccessToken>()
  let policyKey: string | undefined
  const seeded = Redacted.value(seed.key)
  const keys = new Map<string, SandboxKey>([[seeded, seed]])
  const addKey = (rules: Grant["key"], now: number): SandboxKey => {
    const key = `sk-or-v1-${random(32)}`
    const issued = { ...rules, key: Redacted.make(key), createdAt: now, usage: Usage.none }
    shrink(keys, maxKeys - 1, seeded)
    keys.set(key, issued)
    return issued
  }
  return {
    apiKey: seed.key,
    all: Effect.sync(() => [...keys.values()]),
    issue: ({ expiresAt, label, limit, limitReset, workspaceId } = {}) =>
      Effect.map(clock.now, (now) => {
        const rules = {
          label: label ?? "Sandbox key",
          limit: limit ?? null,
          limitReset: limitReset ?? null,
          expiresAt:
            expiresAt === undefined || expiresAt === null
              ? null
              : DateTime.toEpochMillis(DateTime.unsafeMake(expiresAt)),
          workspaceId: workspaceId ?? null,
          userId: seed.userId
        }
        return addKey(rules, now).key
      }),
    revoke: (key) => Effect.sync(() => keys.delete(Redacted.value(key))),
    issueCode: (grant, now) => {
      // Every code lives equally long, so the oldest stand first.
      for (const [code, { expiresAt }] of codes) {
        if (now < expiresAt + tombstoneLifetime) break
        codes.delete(code)
      }
      shrink(codes, maxCodes - 1, undefined)
      const code = `auth_code_${random(24)}`
      codes.set(code, { ...grant, expiresAt: now + codeLifetime })
      return code
    },
    grantOf: (code) => codes.get(code),
    redeem: (code, now) => {
      const grant = codes.get(code)
      if (grant === undefined) return undefined
      codes.delete(code)
      return addKey(grant.key, now)
    },
    spend: (key, now) => {
      const known = keys.get(key)
      if (known === undefined) return Either.left("Unknown")
      const usage = Usage.at(known.usage, now)
      if (Usage.remaining(usage, known.limit, known.limitReset) === 0) return Either.left("Spent")
      keys.set(key, { ...known, usage: Usage.spend(usage, now) })
      return Either.right(undefined)
    },
    keyOf: (bearer, now) => {
      const accessToken = accessTokens.get(bearer)
      if (accessToken !== undefined && now >= accessToken.expiresAt) return undefined
      const key = keys.get(accessToken?.key ?? bearer)
      return key === undefined || (key.expiresAt !== null && now >= key.expiresAt) ? undefined : key
    },
    addAccessToken: (token, label, expiresAt, now) => {
      if (policyKey === undefined || !keys.has(policyKey)) {
        const rules = { label, limit: null, limitReset: null, expiresAt: null, workspaceId: null, userId: seed.userId }
        policyKey = Redacted.value(addKey(rules, now).key)
      }
      shrink(accessTokens, maxAccessTokens - 1, undefined)
      accessTokens.set(token, { key: policyKey, expiresAt })
    },
    reset: () => {
      codes.clear()
      accessTokens.clear()
      keys.clear()
      keys.set(seeded, seed)
      policyKey = undefined
    }
  }
}
