/** The text of one credential, and the single file of earlier versions. */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"

/** The name of a credential: the base URL in its normal spelling, and the profile. */
export interface Name {
  readonly baseUrl: string
  readonly profile: string
}

export const CredentialRecord = Schema.Struct({
  version: Schema.Literal(2),
  baseUrl: Schema.String,
  profile: Schema.String,
  key: Schema.Redacted(Schema.String),
  userId: Schema.NullOr(Schema.String),
  label: Schema.optional(Schema.String),
  createdAt: Schema.DateTimeUtc,
  expiresAt: Schema.optional(Schema.DateTimeUtc)
})

export type CredentialRecord = typeof CredentialRecord.Type

const RecordText = Schema.parseJson(CredentialRecord, { space: 2 })

export const decodeRecord = Schema.decodeOption(RecordText)
export const encodeRecord = (record: CredentialRecord): string => `${Schema.encodeSync(RecordText)(record)}\n`

const LegacyText = Schema.parseJson(
  Schema.Struct({
    version: Schema.Literal(1),
    entries: Schema.Record({
      key: Schema.String,
      value: Schema.Struct({ key: Schema.Redacted(Schema.String), userId: Schema.NullOr(Schema.String) })
    })
  })
)

export const decodeLegacy = Schema.decodeOption(LegacyText)

/** Converts an entry of the old file. It has no date, so it gets the date of the file. */
export const fromLegacy = (
  name: Name,
  entry: Pick<CredentialRecord, "key" | "userId">,
  createdAt: Date
): CredentialRecord => ({ version: 2, ...name, ...entry, createdAt: DateTime.unsafeMake(createdAt) })

/** Returns the normal spelling of a base URL; undefined if it is no http or https URL. */
export const normalBaseUrl = (baseUrl: string | URL): string | undefined => {
  if (!URL.canParse(String(baseUrl))) return undefined
  const { host, pathname, protocol } = new URL(String(baseUrl))
  return protocol === "https:" || protocol === "http:"
    ? `${protocol}//${host}${pathname.replace(/\/+$/, "")}`
    : undefined
}
