// biome-ignore-all lint/suspicious/noTemplateCurlyInString: titles of tests, as they stand in the source
/**
 * What SECURITY.md promises, each with the tests that show it. `docs/promises.md` is made from this list.
 *
 * A test is named by its file and its title, as the title stands in the source (a table's title keeps its `${name}`).
 */
export interface Shown {
  readonly file: string
  readonly title: string
}

export interface Promised {
  readonly id: string
  readonly text: string
  readonly tests: ReadonlyArray<Shown>
}

const shownBy = (file: string, ...titles: ReadonlyArray<string>): ReadonlyArray<Shown> =>
  titles.map((title) => ({ file: `test/${file}`, title }))

export const promises: ReadonlyArray<{ readonly area: string; readonly promises: ReadonlyArray<Promised> }> = [
  {
    area: "PKCE and binding",
    promises: [
      {
        id: "verifier-random",
        text: "A verifier is 32 bytes of the platform's cryptographic generator, as 43 characters of base64url.",
        tests: shownBy(
          "Pkce.test.ts",
          "takes exactly 32 bytes of the platform's cryptographic generator, and all of them"
        )
      },
      {
        id: "fresh",
        text: "Verifier, attempt and browser binding are new for every sign-in.",
        tests: [
          ...shownBy("Pkce.test.ts", "is fresh each time: of 2,000 pairs no two share a verifier or a challenge"),
          ...shownBy("SignIn.test.ts", "everything is fresh each time")
        ]
      },
      {
        id: "verifier-checked",
        text: "A verifier that RFC 7636 does not allow is refused before anything is sent.",
        tests: [
          ...shownBy("OAuthSchema.test.ts", "refuses ${field}: ${shown}, by its name and with what it must be"),
          ...shownBy("OAuthClient.test.ts", "every wrong field is named, with what it must be, before anything is sent")
        ]
      },
      {
        id: "no-downgrade",
        text: "The method is S256 unless the caller names plain.",
        tests: shownBy(
          "Pkce.test.ts",
          "is S256 unless plain is said by name",
          "refuses a method that is neither, and never downgrades to plain"
        )
      },
      {
        id: "verifier-not-in-url",
        text: "The verifier and the browser binding are not in the authorization URL.",
        tests: shownBy("SignIn.test.ts", "gives a URL that holds the attempt twice and neither verifier nor binding")
      },
      {
        id: "checked-first",
        text: "A callback that fails a check reaches no exchange and leaves the sign-in pending.",
        tests: [
          ...shownBy("SignIn.test.ts", "${name}: refused before the exchange, and the sign-in stays pending"),
          ...shownBy(
            "browser/BrowserSignIn.test.ts",
            "login CSRF: a callback that this tab did not begin reaches no exchange, and is cleaned away"
          )
        ]
      },
      {
        id: "once",
        text: "Of any number of identical callbacks exactly one exchanges its code.",
        tests: [
          ...shownBy("SignIn.test.ts", "of 100 identical callbacks at once exactly one exchanges"),
          ...shownBy("util/pendingSignIns.ts", "of 100 takes at once one wins")
        ]
      },
      {
        id: "interrupted-sign-in",
        text: "A sign-in that is interrupted is pending and its code unsent, or it is over: no code goes twice.",
        tests: [
          ...shownBy("interruption.test.ts", "of %s: is pending and unsent, or over: no code goes twice"),
          ...shownBy("lab/interruption.load.test.ts", "of %s: is pending and unsent, or over")
        ]
      },
      {
        id: "store-reader",
        text: "A reader of a store of pending sign-ins learns neither attempt nor browser binding, only their SHA-256.",
        tests: shownBy(
          "SignIn.test.ts",
          "a reader of the store learns neither attempt nor binding: it keeps their SHA-256"
        )
      },
      {
        id: "ten-minutes",
        text: "A sign-in expires after 10 minutes.",
        tests: shownBy("SignIn.test.ts", "an attempt expires after 10 minutes")
      },
      {
        id: "callback-parsed-strictly",
        text: "A callback with a doubled parameter, or longer than 8 KiB, is refused.",
        tests: shownBy(
          "AuthorizationUrl.test.ts",
          "refuses a second ${name}, also an empty or an equal one",
          "ignores parameters that it does not know, also where they stand twice",
          "a whole callback is at most 8 KiB, in bytes: 8,192 pass, 8,193 do not"
        )
      },
      {
        id: "binding-cookie",
        text: "On https the binding cookie of a web server is Secure and bound to the host.",
        tests: shownBy("server/SignInRoutes.test.ts", "on https is Secure, and no other host can plant it")
      },
      {
        id: "binding-cookie-kept",
        text: "The binding cookie is HttpOnly and Lax, one for each attempt, and stays while its sign-in may complete.",
        tests: [
          ...shownBy(
            "server/SignInRoutes.test.ts",
            "on http",
            "five are kept: a sixth lets the oldest go, in whatever order they come"
          ),
          ...shownBy(
            "server/hardening.test.ts",
            "is readable with the code ${JSON.stringify(code)} in it",
            "stays when another request has the sign-in: that one may have to try again"
          )
        ]
      },
      {
        id: "routes-untraced",
        text: "The platform's logger and tracer learn neither code nor binding, verifier or key at the routes.",
        tests: [
          ...shownBy(
            "server/frameworks.test.ts",
            "the platform's logger and tracer learn neither code nor binding, verifier or key"
          ),
          ...shownBy("server/hardening.test.ts", "does not show its value to what prints or serializes it")
        ]
      },
      {
        id: "host-not-trusted",
        text: "A web server knows its callback URL from its configuration, not from the request.",
        tests: shownBy("server/SignInRoutes.test.ts", "believes its configuration, not the request's host")
      },
      {
        id: "begin-not-cross-site",
        text: "A sign-in that another site causes is not begun.",
        tests: shownBy("server/SignInRoutes.test.ts", "that another site causes is refused, and its page leads on")
      },
      {
        id: "return-to",
        text: "After a sign-in the browser returns to a path of the app itself.",
        tests: shownBy(
          "SignIn.test.ts",
          "refuses to return to ${JSON.stringify(returnTo.slice(0, 40))}",
          "refuses to return to ${returnTo.slice(0, 30)}"
        )
      },
      {
        id: "subject",
        text: "Where the app names its user, only who began a sign-in completes it.",
        tests: shownBy("SignIn.test.ts", "${name} cannot complete it, and the sign-in stays pending")
      },
      {
        id: "pending-bounded",
        text: "A store in memory keeps at most 10,000 pending sign-ins, refuses more, and forgets what has expired.",
        tests: [
          ...shownBy(
            "PendingSignIns.test.ts",
            "keeps 10,000 and refuses more as Full; those that are pending stay, and expired ones make room",
            "removes what has expired, and leaves nothing behind where nothing is pending"
          ),
          ...shownBy(
            "server/flood.load.test.ts",
            "100,000 begins against a heap of 256 MB: the server lives, refuses with 503 above 10,000, and completes what was begun before"
          )
        ]
      },
      {
        id: "expired-rows-go",
        text: "Every store removes what has expired.",
        tests: [
          ...shownBy("PendingSignIns.test.ts", "removes what has expired also after the process has started anew"),
          ...shownBy(
            "PendingSignIns/sqlSuite.ts",
            "sweeps what has expired, in batches, at most once a minute, and nothing that is pending"
          ),
          ...shownBy("PendingSignIns/Redis.services.test.ts", "Redis forgets a sign-in by itself when its time is over")
        ]
      },
      {
        id: "rows-are-foreign",
        text: "Whatever somebody else wrote into a store is a sign-in or a typed error that repeats none of it.",
        tests: shownBy(
          "fuzz/rowsSuite.ts",
          "is a sign-in that can be put again or a StoreError that repeats nothing, whatever is in it"
        )
      }
    ]
  },
  {
    area: "The exchange",
    promises: [
      {
        id: "code-sent-once",
        text: "A code is not sent again once it may have left.",
        tests: [
          ...shownBy("OAuthClient.retry.test.ts", "${operation} that ends in ${kind} is sent ${often}"),
          ...shownBy("SignIn.test.ts", "an exchange that may have been processed does not put it back"),
          ...shownBy(
            "runtimes/checks/client.ts",
            "OAuthClient.layerFetch: a code is sent once where a kept connection breaks, unless the runtime repeats it"
          )
        ]
      },
      {
        id: "never-sent-is-proven",
        text: "ConnectionFailed is reported only where the runtime proves that nothing was sent.",
        tests: [
          ...shownBy(
            "transport.test.ts",
            "of several causes each must prove it",
            "is false for a browser's errors: they prove nothing"
          ),
          ...shownBy("proxy.test.ts", "behind a proxy, what may have been sent is not called unsent")
        ]
      },
      {
        id: "no-redirects",
        text: "Redirects are not followed.",
        tests: [
          ...shownBy("OAuthClient.wire.test.ts", "a ${status} is not followed"),
          ...shownBy("PromiseClient.test.ts", "fetchOptions that are the client's, by name: %s"),
          ...shownBy(
            "OAuthClient.test.ts",
            "${operation}: an opaque redirect (status 0, as browsers show it) is one too"
          )
        ]
      },
      {
        id: "https",
        text: "Requests use https, or http to a literal loopback host.",
        tests: shownBy(
          "OAuthClient.test.ts",
          "the base URL is https, or http to a literal loopback host, without userinfo, query or fragment"
        )
      },
      {
        id: "deadline",
        text: "One deadline covers connecting, headers and body, and cancelling closes the connection.",
        tests: shownBy(
          "OAuthClient.wire.test.ts",
          "a body that drips on past the deadline times out, and the request is aborted",
          "interruption closes the connection"
        )
      },
      {
        id: "interruption-leaves-nothing",
        text: "Wherever a call is interrupted, nothing is sent afterwards, and no fiber, timer, listener or socket is left.",
        tests: [
          ...shownBy(
            "interruption.test.ts",
            "by %s: sends nothing afterwards, leaves nothing, and a code that was not sent still works"
          ),
          ...shownBy(
            "lab/interruption.load.test.ts",
            "at any $by: sends nothing afterwards, and leaves neither fiber, timer nor socket"
          ),
          ...shownBy(
            "lab/interruptedHomes.load.test.ts",
            "at any step: the port is closed, and nothing is sent afterwards",
            "get at any step: nothing is sent afterwards, and the next get has a key"
          )
        ]
      },
      {
        id: "answer-capped",
        text: "An answer is read up to 64 KiB, while it arrives.",
        tests: shownBy("OAuthClient.wire.test.ts", "64 MB are cut early, and the connection is closed")
      },
      {
        id: "answer-checked",
        text: "An answer must be JSON by its content type, valid UTF-8, and match its schema.",
        tests: [
          ...shownBy(
            "OAuthClient.test.ts",
            "${operation}: a 200 that is not what is documented is malformed, by its reason"
          ),
          ...shownBy("OAuthSchema.test.ts", "a __proto__ in the answer pollutes nothing and gives no field")
        ]
      },
      {
        id: "no-secret-shown",
        text: "No secret (key, code, verifier, subject token) shows in an error, value, log, span or metric, also where the server echoes it.",
        tests: [
          ...shownBy(
            "secrets.test.ts",
            "by any error, value, log or span, whatever the server echoes and however it spells it",
            "a key of OpenRouter's that the client never knew is taken out too"
          ),
          ...shownBy(
            "text.test.ts",
            "no verifier in an arbitrary text comes through, however its characters are spelled"
          )
        ]
      },
      {
        id: "known-codes-shown",
        text: "The code of a failure is shown only if it is one that runtimes give.",
        tests: shownBy(
          "transport.test.ts",
          '${code} is ${expected === undefined ? "not shown: it is none that runtimes give" : "shown"}'
        )
      },
      {
        id: "server-text-cleaned",
        text: "Text of a server is stripped of control characters and cut to 500 characters.",
        tests: shownBy(
          "text.test.ts",
          "takes out control characters, terminal escapes and bidi marks; line breaks become spaces",
          "leaves 500 characters as they are, and makes 501 into 500 that end in an ellipsis"
        )
      },
      {
        id: "trace-headers-stay",
        text: "Trace headers go to OpenRouter only where the caller turns them on.",
        tests: shownBy(
          "OAuthClient.wire.test.ts",
          "trace headers go out only where the client is told to, and are those of the operation's span"
        )
      }
    ]
  },
  {
    area: "The loopback callback server",
    promises: [
      {
        id: "loopback-strict",
        text: "Whatever is not the callback of this sign-in is refused, and the sign-in goes on.",
        tests: shownBy(
          "node/LoopbackSignIn.test.ts",
          "%s: the real callback completes afterwards",
          "%s is refused as %s, with the reason, and the sign-in goes on"
        )
      },
      {
        id: "loopback-address",
        text: "The address that is shown and opened holds no secret, and belongs to the first browser that asks for it.",
        tests: shownBy(
          "node/LoopbackSignIn.test.ts",
          "holds nothing secret, and leads the first browser to OpenRouter's page, with cookies",
          "tells every other browser that another one has it, and leads the first one there again"
        )
      },
      {
        id: "loopback-navigation",
        text: "A callback counts only from that browser, as a navigation of a document.",
        tests: shownBy(
          "node/LoopbackSignIn.test.ts",
          "is not taken by ${name}",
          "a callback before any browser has begun is refused"
        )
      },
      {
        id: "typed-word",
        text: "A word that is typed at the prompt ends nothing, and an API key that is typed there is not sent.",
        tests: shownBy(
          "node/LoopbackSignIn.test.ts",
          "${word}: the server's refusal ends nothing, and the real callback completes",
          "an API key is not sent"
        )
      },
      {
        id: "loopback-closes",
        text: "The port is free as soon as the sign-in ends, with silent and idle sockets open.",
        tests: shownBy(
          "node/LoopbackSignIn.test.ts",
          "interruption frees the port at once, with silent and idle sockets open"
        )
      },
      {
        id: "loopback-late-sockets",
        text: "A socket that sends no complete request within ten seconds is closed.",
        tests: shownBy("node/LoopbackSockets.test.ts", "takes longer than ten seconds, unless a test says otherwise")
      },
      {
        id: "pages-static",
        text: "Pages run no script of another's, are not stored, and escape what they show.",
        tests: [
          ...shownBy(
            "server/page.test.ts",
            "the policy of a page allows its own style, and nothing else",
            "what stands in a page is escaped"
          ),
          ...shownBy(
            "node/LoopbackSignIn.test.ts",
            "opens and shows the URL, takes the callback, and answers with the outcome of the exchange"
          )
        ]
      },
      {
        id: "page-tells-the-exchange",
        text: "The page tells the outcome of the exchange, not of the redirect.",
        tests: shownBy(
          "node/LoopbackSignIn.test.ts",
          "an exchange that fails is told as such, on the page and as the error"
        )
      },
      {
        id: "opens-http-only",
        text: "Only http and https addresses are opened.",
        tests: shownBy("node/LoopbackSignIn.test.ts", "opens nothing but http and https")
      }
    ]
  },
  {
    area: "Web servers",
    promises: [
      {
        id: "full-store-answers",
        text: "A full store answers 503 with Retry-After, and the sign-ins that are pending complete.",
        tests: shownBy(
          "server/hardening.test.ts",
          "answers 503, says when to try again, and the sign-in that is pending completes"
        )
      },
      {
        id: "browser-leaves",
        text: "A callback whose browser goes away is completed all the same: no key is lost.",
        tests: shownBy(
          "lab/interruptedHomes.load.test.ts",
          "a callback whose browser goes away at any step: the app has its key, or the next request completes it"
        )
      },
      {
        id: "begin-origin",
        text: "Without Sec-Fetch-Site, a begin is checked by its Origin and Referer.",
        tests: shownBy("server/hardening.test.ts", "with ${name}: ${status}")
      },
      {
        id: "defect-without-key",
        text: "A defect of the app is logged without the key.",
        tests: shownBy(
          "server/hardening.test.ts",
          "is logged without the key",
          "is logged without it, literally and percent-encoded"
        )
      },
      {
        id: "subject-on-the-web",
        text: "A callback never completes what another user of the app began.",
        tests: [
          ...shownBy(
            "server/hardening.test.ts",
            '${other ?? "nobody"} cannot complete what alice began, and alice can afterwards'
          ),
          ...shownBy(
            "server/connectAccount.browser.test.ts",
            "another user who signed in meanwhile is not connected, and the one who began can go on",
            "nobody is connected who signed out meanwhile"
          )
        ]
      },
      {
        id: "popup-origin",
        text: "The last page of a popup tells the app's own origin only.",
        tests: shownBy("server/connectAccount.browser.test.ts", "tells the app's own origin only")
      },
      {
        id: "request-context",
        text: "The web handler calls the app's functions in the `AsyncLocalStorage` of their own request, so a framework sets no user's session in another user's answer.",
        tests: shownBy(
          "server/requestContext.test.ts",
          "subjectOf is called",
          "onFailed is called",
          "onSignedIn is called, and goes on after an await"
        )
      }
    ]
  },
  {
    area: "The sandbox",
    promises: [
      {
        id: "sandbox-own-page",
        text: "The consent form cannot be sent by another page.",
        tests: shownBy(
          "sandbox/guards.test.ts",
          "is refused without the token of the sandbox's own page, and gives no code"
        )
      },
      {
        id: "sandbox-own-host",
        text: "Only requests for its own Host are answered.",
        tests: shownBy("sandbox/guards.test.ts", "answers to its own Host only", "refuses two Host headers")
      },
      {
        id: "sandbox-control-guard",
        text: "A page of another site can change nothing at `/__sandbox`: every change needs a header that such a page cannot send.",
        tests: shownBy(
          "sandbox/control.test.ts",
          "${method} ${path} wants the header that no other site's page can send",
          "a preflight of another site is not allowed"
        )
      },
      {
        id: "sandbox-bounded",
        text: "A body is read up to 64 KiB, and the log keeps short entries.",
        tests: shownBy(
          "sandbox/guards.test.ts",
          "reads 64 KiB of a body, and no more",
          "cuts headers and paths in its log"
        )
      },
      {
        id: "sandbox-flat",
        text: "100,000 chats leave its memory flat, and its log within its cap, and make no keys.",
        tests: shownBy(
          "sandbox/chats.load.test.ts",
          "100,000 chats: each is answered and counted, the memory stays flat, the log within its cap"
        )
      }
    ]
  },
  {
    area: "The terminal",
    promises: [
      {
        id: "terminal-clean",
        text: "What a server or the store holds reaches the terminal without control characters.",
        tests: [
          ...shownBy("cli/commands.test.ts", "whoami %j", "create-code %j", "a user id of the store"),
          ...shownBy("cli/hostile.test.ts", "login %j", "the key that a login replaces")
        ]
      },
      {
        id: "typed-not-echoed",
        text: "A key or a code that is typed at the wrong place is not echoed.",
        tests: [
          ...shownBy("cli/commands.test.ts", "a secret at the wrong place is not echoed"),
          ...shownBy(
            "fuzz/commands.test.ts",
            "ends with a documented exit code and no defect, and a failure repeats no secret"
          )
        ]
      },
      {
        id: "documents-own-name",
        text: "The documents tell nobody to run a package that is not this one.",
        tests: shownBy("documents.test.ts", "%s tells nobody to run a package that is not this one")
      }
    ]
  },
  {
    area: "Storage",
    promises: [
      {
        id: "credentials-private",
        text: "A credentials file is 0600 inside a 0700 folder.",
        tests: shownBy(
          "node/CredentialStore.test.ts",
          "is 0600 inside a 0700 folder, versioned JSON, and nothing is left beside it",
          "with wider permissions is tightened when it is read, and so is its folder"
        )
      },
      {
        id: "key-not-lost",
        text: "A save that fails does not lose the key.",
        tests: shownBy("node/CredentialStore.test.ts", "that cannot be written is an error that carries the key")
      },
      {
        id: "credentials-strangers",
        text: "A link, pipe or device in the place of a credentials file or its folder is refused.",
        tests: shownBy(
          "node/CredentialStore.test.ts",
          "refuses %s in its place, for every operation",
          "refuses a link in the place of its folder"
        )
      },
      {
        id: "credentials-together",
        text: "Programs that save at once keep what each saved.",
        tests: shownBy(
          "node/CredentialStore.test.ts",
          "of its own keeps what each of 20 savers saves at once",
          "is whole when 20 savers save the same profile at once"
        )
      },
      {
        id: "credentials-interrupted",
        text: "A save or a removal that is interrupted leaves the old key or the new one, whole, and no other file.",
        tests: shownBy(
          "lab/interruptedHomes.load.test.ts",
          "set at any %s: the old key or the new one, whole, and no other file",
          "remove at any %s: the key, whole, or nothing"
        )
      },
      {
        id: "credentials-full-disk",
        text: "A full disk leaves nothing behind, keeps what was saved, and the next save works.",
        tests: shownBy(
          "node/CredentialStore.services.test.ts",
          "leaves nothing behind, keeps what was saved, and the next save works"
        )
      },
      {
        id: "bearer-own-origin",
        text: "A key is sent to the origin of the base URL only, and a redirect does not carry it elsewhere.",
        tests: [
          ...shownBy(
            "ApiKey.test.ts",
            "is not carried along by a redirect to another origin",
            "sends to %s the authorization %s"
          ),
          ...shownBy(
            "node/PromiseApiKey.test.ts",
            "never gives it to another origin, by a redirect neither",
            "never gives it to %s"
          )
        ]
      },
      {
        id: "sign-in-key-not-lost",
        text: "The key of a sign-in that cannot be saved is in the error, which does not print it.",
        tests: [
          ...shownBy(
            "node/PromiseApiKey.test.ts",
            "gives a key that cannot be saved in the error, and does not print it"
          ),
          ...shownBy(
            "node/DefaultApiKey.test.ts",
            "gives the key of a sign-in that cannot be saved in the cause of the error"
          )
        ]
      }
    ]
  },
  {
    area: "Workloads",
    promises: [
      {
        id: "workload-one-request",
        text: "However many fibers ask for an access token, one request is under way.",
        tests: shownBy(
          "WorkloadIdentity.test.ts",
          "makes one request for 1,000 fibers",
          "makes one request for 1,000 fibers that refresh, in two chains with the same provider"
        )
      },
      {
        id: "workload-old-token",
        text: "While a refresh fails, the old token serves as long as it is valid, and not longer.",
        tests: shownBy(
          "WorkloadIdentity.test.ts",
          "leaves the old token in use, until it has expired: then a typed error",
          "does not bring the old token back where the next request fails"
        )
      },
      {
        id: "workload-secrets",
        text: "Neither the subject token nor the token that asks GitHub for it shows in an error.",
        tests: [
          ...shownBy("node/SubjectTokens.test.ts", "fails at %i %s: %s"),
          ...shownBy("node/PromiseApiKey.test.ts", "rejects with the error of the exchange, without the subject token")
        ]
      }
    ]
  }
]
