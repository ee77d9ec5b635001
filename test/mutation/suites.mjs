// Which files are mutated together, and the tests that they are held against: those that concern them and are quick, the quickest first.

const test = (...names) => names.map((name) => `test/${name}.test.ts`)
const src = (folder, ...names) => names.map((name) => `src/${folder}${name}.ts`)

export const suites = [
  {
    name: "answers",
    sources: [
      ...src("client/", "reason", "accepted", "refused", "readErrorBody", "transport", "connection", "headers"),
      ...src("internal/", "remedy", "statusError"),
      "src/OAuthError.ts"
    ],
    tests: test(
      "transport",
      "OAuthError",
      "operations",
      "OAuthClient.federation",
      "OAuthClient.strict",
      "text",
      "OAuthClient"
    )
  },
  {
    name: "words",
    sources: [
      ...src("", "Pkce", "AuthorizationUrl", "OAuthSchema"),
      ...src(
        "internal/",
        "url",
        "secret",
        "pkce",
        "invalid",
        "canonical",
        "defined",
        "fieldsOf",
        "orUndefined",
        "callback"
      )
    ],
    tests: test("OAuthSchema", "AuthorizationUrl", "Pkce", "OAuthClient.strict", "SignIn")
  },
  { name: "scrubbing", sources: src("internal/", "redact"), tests: test("text", "OAuthError") },
  {
    name: "requests",
    sources: [
      ...src(
        "client/",
        "call",
        "retrying",
        "attribution",
        "endpoint",
        "fetchTransport",
        "httpClientTransport",
        "observed",
        "service"
      ),
      ...src("", "OAuthClient", "RetryPolicy")
    ],
    tests: test(
      "OAuthClient.stub",
      "OAuthClient.strict",
      "observability",
      "transport",
      "operations",
      "OAuthClient.federation",
      "OAuthClient",
      "OAuthClient.retry",
      "RetryPolicy",
      "node/NodeOAuthClient",
      "OAuthClient.wire"
    )
  },
  {
    name: "promises",
    sources: [
      ...src("PromiseClient/internal/", "codeChallenge", "createClient", "options", "standalone"),
      ...src("internal/", "promise")
    ],
    tests: test("PromiseClient")
  },
  { name: "keys", sources: src("", "ApiKey", "WorkloadIdentity"), tests: test("ApiKey", "WorkloadIdentity") },
  {
    name: "signIn",
    sources: [
      ...src("", "SignIn", "PromiseSignIn", "PendingSignIns"),
      ...src("SignIn/internal/", "begin", "complete", "errors", "ownPath"),
      ...src("PendingSignIns/internal/", "deadline", "options", "text", "words")
    ],
    tests: test("PendingSignIns", "SignIn", "PromiseSignIn")
  },
  {
    name: "pages",
    sources: src("internal/", "callbackPage", "PortUnavailable"),
    tests: test("server/page", "sandbox/control", "node/NodeSignInRoutes", "server/SignInRoutes")
  },
  {
    name: "sql",
    sources: ["src/PendingSignIns/Sql.ts", "src/PendingSignIns/internal/sqlite.ts"],
    tests: test("PendingSignIns/Sql")
  }
]
