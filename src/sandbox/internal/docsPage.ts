/** `/docs`: the API description as one static page that loads nothing else. */
import * as Predicate from "effect/Predicate"
import { escapeHtml } from "../../internal/html.js"
import { openApi } from "./api.js"
import { page } from "./pages.js"
import type * as Reply from "./Reply.js"

const style = `
body { display: block }
main { max-width: 58rem; margin: 1rem auto }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.125rem; overflow-wrap: anywhere }
h2 b { color: var(--accent); margin-right: .5rem }
h3 { margin: 1.25rem 0 .25rem; font-size: 1rem }
.wide { overflow-x: auto }
table { width: 100%; border-collapse: collapse; font-size: .9375rem }
th, td { padding: .4375rem .75rem .4375rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
td code { display: inline; padding: 0; border: 0; background: none; font-size: .9375rem; white-space: nowrap }
td:last-child { min-width: 11rem }
a { color: var(--accent) }
`

type Json = Readonly<Record<string, unknown>>

const at = (value: unknown, ...path: ReadonlyArray<string>): Json => {
  const found = path.reduce<unknown>(
    (inner, name) => (Predicate.isReadonlyRecord(inner) ? inner[name] : undefined),
    value
  )
  return Predicate.isReadonlyRecord(found) ? (found as Json) : {}
}

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const text = (value: unknown): string => escapeHtml(String(value ?? ""))

const typeOf = (schema: Json): string => {
  const alternatives = list(schema.anyOf)
  if (alternatives.length > 0) return alternatives.map((one) => typeOf(at(one))).join(" or ")
  const values = list(schema.enum)
  return values.length > 0 ? values.map(String).join(" or ") : String(schema.type ?? "anything")
}

const rulesOf = (schema: Json): ReadonlyArray<string> => [
  ...(schema.format === undefined ? [] : [String(schema.format)]),
  ...(schema.minimum === undefined ? [] : [`at least ${String(schema.minimum)}`]),
  ...(schema.maxLength === undefined ? [] : [`at most ${String(schema.maxLength)} characters`])
]

const rows = (schema: Json, prefix = ""): ReadonlyArray<string> => {
  const required = list(schema.required)
  return Object.entries(at(schema, "properties")).flatMap(([name, inner]) => {
    const field = at(inner)
    if (field.properties !== undefined) return rows(field, `${prefix}${name}.`)
    const kind = [typeOf(field), ...rulesOf(field)].join(", ")
    return `<tr><td><code>${text(prefix + name)}</code></td><td>${required.includes(name) ? "yes" : "no"}</td><td>${text(kind)}</td><td>${text(field.description)}</td></tr>`
  })
}

const table = (title: string, always: string, schema: Json): string => {
  const body = rows(schema)
  if (body.length === 0) return ""
  return `<h3>${title}</h3>
<div class="wide" tabindex="0"><table><thead><tr><th>Field</th><th>${always}</th><th>Type</th><th>Meaning</th></tr></thead><tbody>
${body.join("\n")}
</tbody></table></div>`
}

const operation = (path: string, method: string, spec: Json): string => {
  const schemaIn = (...way: ReadonlyArray<string>) => at(spec, ...way, "content", "application/json", "schema")
  const statuses = Object.entries(at(spec, "responses"))
  return `<section>
<h2 id="${text(spec.operationId)}"><b>${text(method.toUpperCase())}</b>/api/v1${text(path)}</h2>
<p>${text(spec.summary)}. ${text(spec.description)} Operation id: ${text(spec.operationId)}. ${list(spec.security).length > 0 ? "Needs <q>Authorization: Bearer</q> with an API key." : "Needs no API key."}</p>
${table("Request", "Required", schemaIn("requestBody"))}
${table("Answer", "Always", schemaIn("responses", "200"))}
<h3>Statuses</h3>
<table><tbody>
${statuses.map(([status, response]) => `<tr><td><code>${text(status)}</code></td><td>${text(at(response).description)}</td></tr>`).join("\n")}
</tbody></table>
</section>`
}

export const docsPage = (): Reply.Reply => {
  const spec = openApi()
  const sections = Object.entries(at(spec, "paths")).flatMap(([path, methods]) =>
    Object.entries(at(methods)).map(([method, described]) => operation(path, method, at(described)))
  )
  return page(
    200,
    "OpenRouter sandbox: the API",
    `<h1>${text(at(spec, "info").title)}</h1>
<p>${text(at(spec, "info").description)} For programs: <a href="/openapi.json">openapi.json</a>. Users consent at <q>/auth</q>.</p>
${sections.join("\n")}
<section>
${table("The body of the errors that OpenRouter documents", "Always", at(spec, "components", "schemas", "ErrorResponse"))}
</section>`,
    style
  )
}
