// Which files are mutated together, and the tests that they are held against: those that concern them and are quick, the quickest first.
// A mutant in what runs while a module loads is held against all of them, every other one against those that run it.

const test = (...names) => names.map((name) => `test/${name}.test.ts`)
const sources = (folder, ...names) => names.map((name) => `src/${folder}${name}.ts`)

/** What a new file of theirs belongs to a suite for. */
export const folders = [
  "src/ApiKey/internal",
  "src/client",
  "src/internal",
  "src/PromiseClient/internal",
  "src/SignIn/internal",
  "src/PendingSignIns",
  "src/PendingSignIns/internal"
]

/** Not mutated, with the reason. */
export const excluded = {
  "src/client/ownFetch.ts": "all but its first line runs on Deno only: npm run test:runtimes",
  "src/PendingSignIns/Redis.ts": "only the tests with a Redis run it",
  "src/PromiseClient/internal/models.ts": "types",
  "src/SignIn/internal/models.ts": "types",
  "src/SignIn/internal/services.ts": "types"
}

export const suites = [
  {
    name: "answers",
    sources: [
      ...sources("client/", "reason", "accepted", "refused", "transport", "connection"),
      ...sources("internal/", "remedy", "statusError"),
      ...sources("", "OAuthError")
    ],
    tests: test(
      "transport",
      "OAuthError",
      "operations",
      "OAuthClient.federation",
      "OAuthClient.strict",
      "OAuthClient",
      "OAuthClient.wire",
      "text"
    )
  },
  {
    name: "texts",
    sources: [...sources("client/", "readErrorBody", "headers"), ...sources("internal/", "redact")],
    tests: test("OAuthError", "transport", "text")
  },
  {
    name: "words",
    sources: [
      ...sources("", "OAuthSchema", "AuthorizationUrl"),
      ...sources("internal/", "url", "invalid", "canonical", "defined", "fieldsOf", "orUndefined", "callback")
    ],
    tests: test("OAuthSchema", "AuthorizationUrl", "OAuthClient.strict")
  },
  {
    name: "secrets",
    sources: [...sources("", "Pkce"), ...sources("internal/", "secret", "pkce")],
    tests: test("tags", "Pkce", "SignIn")
  },
  {
    name: "requests",
    sources: [
      ...sources("client/", "call", "retrying", "attribution", "endpoint", "fetchTransport", "httpClientTransport"),
      ...sources("client/", "observed", "service", "deadline"),
      ...sources("", "OAuthClient")
    ],
    tests: test(
      "tags",
      "OAuthClient.stub",
      "OAuthClient.strict",
      "observability",
      "transport",
      "operations",
      "OAuthClient.federation",
      "OAuthClient",
      "OAuthClient.retry",
      "node/NodeOAuthClient",
      "OAuthClient.wire"
    )
  },
  { name: "retries", sources: sources("", "RetryPolicy"), tests: test("tags", "OAuthClient.retry", "RetryPolicy") },
  {
    name: "promises",
    sources: [
      ...sources("PromiseClient/internal/", "codeChallenge", "createClient", "options", "retries", "standalone"),
      ...sources("internal/", "promise")
    ],
    tests: test("PromiseClient")
  },
  {
    name: "keys",
    sources: sources("", "ApiKey", "ApiKey/internal/errors", "ApiKey/internal/shared", "WorkloadIdentity"),
    tests: test("tags", "ApiKey", "WorkloadIdentity")
  },
  {
    name: "signIns",
    sources: [
      ...sources("", "SignIn", "PromiseSignIn", "PendingSignIns"),
      ...sources("SignIn/internal/", "begin", "complete", "errors", "ownPath"),
      ...sources("PendingSignIns/internal/", "deadline", "options", "text", "words")
    ],
    tests: test("tags", "PendingSignIns", "SignIn", "SignIn.errors", "PromiseSignIn")
  },
  { name: "turns", sources: sources("internal/", "oneAtATime"), tests: test("PendingSignIns", "interruption") },
  {
    name: "pages",
    sources: sources("internal/", "callbackPage", "html", "PortUnavailable"),
    tests: test("server/page", "callbackPage")
  },
  {
    name: "sql",
    sources: [...sources("PendingSignIns/", "Sql"), ...sources("PendingSignIns/internal/", "sqlite")],
    tests: test("PendingSignIns/Sql")
  }
]
