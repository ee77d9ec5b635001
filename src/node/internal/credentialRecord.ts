/** What is written for one credential, and the file that earlier versions kept all of them in. */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"

/** What a credential is stored under: the base URL in its one spelling, and the profile. */
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

/** One entry of the old file, which held no date: it is as old as that file. */
export const fromLegacy = (
  name: Name,
  entry: Pick<CredentialRecord, "key" | "userId">,
  createdAt: Date
): CredentialRecord => ({ version: 2, ...name, ...entry, createdAt: DateTime.unsafeMake(createdAt) })

/** The one spelling of a base URL; undefined where it is no http or https URL. */
export const normalBaseUrl = (baseUrl: string | URL): string | undefined => {
  if (!URL.canParse(String(baseUrl))) return undefined
  const { host, pathname, protocol } = new URL(String(baseUrl))
  return protocol === "https:" || protocol === "http:"
    ? `${protocol}//${host}${pathname.replace(/\/+$/, "")}`
    : undefined
}
