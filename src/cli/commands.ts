/** The table of commands. The help, the suggestions and the completions are made from it. */
import * as Effect from "effect/Effect"
import * as Command from "./command.js"
import { CommandFailed } from "./exit.js"
import { faultSyntax, parseFault } from "./fault.js"
import * as Flags from "./flags.js"

const { callback, challenge, json, keyLabel, limit, method, profile, workspace } = Flags

export const commands: readonly [Command.Command, ...ReadonlyArray<Command.Command>] = [
  Command.make({
    name: "login",
    what: "Signs in with OpenRouter and saves the key",
    example: "openrouter-oauth login --sandbox --approve",
    flags: {
      sandbox: Flags.toggle("sandbox", "Signs in to a sandbox in this process: needs no account and saves nothing"),
      approve: Flags.toggle("approve", "With --sandbox: the sandbox consents by itself, without a browser"),
      headless: Flags.toggle(
        "headless",
        "For a browser on another machine: the page shows a code to paste here, or to pipe in"
      ),
      browser: Flags.negation(
        "no-browser",
        "browser",
        "Opens no browser, only prints the address; --browser opens one, the default"
      ),
      port: Flags.port("The port that the browser comes back to; defaults to any free one"),
      limit,
      keyLabel,
      workspace,
      timeout: Flags.timeout,
      save: Flags.negation("no-save", "save", "Prints the key instead of saving it; --save saves it, the default"),
      profile,
      force: Flags.toggle("force", "Signs in again without asking, even if a key is stored already"),
      withKey: Flags.toggle("with-key", "Reads a key from standard input and stores it, instead of signing in"),
      json: Flags.toggle("json", "Prints one line of JSON: key, userId, and savedTo, which is a path or null"),
      events: Flags.toggle("events", "Prints one line of JSON for each event: waiting, exchanging, refused, signed-in")
    },
    load: () => import("./run/login.js")
  }),
  Command.make({
    name: "whoami",
    also: ["status"],
    what: "Checks the key in OPENROUTER_API_KEY, or the stored one, and shows its label, limit, usage, page and where it comes from",
    example: "openrouter-oauth whoami",
    flags: { profile, json },
    load: () => import("./run/whoami.js")
  }),
  Command.make({
    name: "key",
    also: ["token"],
    what: "Prints the key in OPENROUTER_API_KEY, or the stored one, and nothing else",
    example: 'export OPENROUTER_API_KEY="$(openrouter-oauth key)"',
    flags: { profile, json },
    load: () => import("./run/key.js")
  }),
  Command.make({
    name: "logout",
    what: "Removes the stored key from this machine; the key stays valid until you delete it on its page",
    example: "openrouter-oauth logout",
    flags: { profile, json },
    load: () => import("./run/logout.js")
  }),
  Command.make({
    name: "create-code",
    what: "Prints an authorization code for the account whose API key is in OPENROUTER_API_KEY",
    example: "openrouter-oauth create-code --callback http://localhost:3000/callback --limit 5",
    flags: {
      callback,
      challenge,
      method,
      limit,
      limitReset: Flags.choice("limit-reset", ["daily", "weekly", "monthly"], "How often the limit is reset"),
      expiresAt: Flags.date("expires-at", "The time at which the key expires, such as 2030-01-31T12:00:00Z"),
      keyLabel,
      workspace,
      apiKeyFromEnv: Flags.orElse(
        Flags.text(
          "api-key-from-env",
          "name",
          "The variable that holds the API key of the account; defaults to OPENROUTER_API_KEY"
        ),
        "OPENROUTER_API_KEY"
      ),
      json
    },
    load: () => import("./run/createCode.js")
  }),
  Command.make({
    name: "exchange",
    what: "Prints the key for a code; its verifier is read from OPENROUTER_CODE_VERIFIER, or from the next line of standard input",
    example: "openrouter-oauth create-code --callback http://localhost:3000/callback | openrouter-oauth exchange",
    flags: {
      code: Flags.text(
        "code",
        "text",
        "The authorization code. Other users of this machine can read what a command is started with: better pipe it in, or set OPENROUTER_CODE"
      ),
      method,
      json
    },
    load: () => import("./run/exchange.js")
  }),
  Command.make({
    name: "token-exchange",
    what: "Prints an access token for a workload's own token, which is read from a file or from standard input",
    example:
      "openrouter-oauth token-exchange --policy policy_123 --subject-token-file /var/run/secrets/openrouter/token",
    flags: {
      policy: Flags.text("policy", "id", "The federation policy of your organization at OpenRouter"),
      subjectTokenFile: Flags.text(
        "subject-token-file",
        "path",
        "The file of the subject token, a JWT; without it the token is read from standard input"
      ),
      json: Flags.toggle("json", "Prints one line of JSON: the accessToken, and expiresIn, its seconds")
    },
    load: () => import("./run/tokenExchange.js")
  }),
  Command.make({
    name: "url",
    what: "Prints an authorization URL; without --callback its page shows the code",
    example:
      "openrouter-oauth url --callback http://localhost:3000/callback --challenge E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    flags: {
      callback,
      challenge,
      method,
      state: Flags.text("state", "text", "A text that comes back with the code"),
      limit,
      keyLabel,
      workspace,
      json
    },
    load: () => import("./run/url.js")
  }),
  Command.make({
    name: "pkce",
    what: "Prints a new PKCE pair: keep the verifier, send the challenge",
    example: "openrouter-oauth pkce --json",
    flags: { json },
    load: () => import("./run/pkce.js")
  }),
  Command.make({
    name: "sandbox",
    what: "Runs a local OpenRouter for development and tests, until Ctrl-C",
    example: "openrouter-oauth sandbox --port 0",
    flags: {
      host: Flags.orElse(Flags.text("host", "address", "The address to listen on; defaults to 127.0.0.1"), "127.0.0.1"),
      port: Flags.orElse(Flags.port("The port to listen on; defaults to 8787, 0 picks a free one"), 8787),
      profile: Flags.orElse(
        Flags.choice(
          "profile",
          ["documented", "observed"],
          "Answers as OpenRouter is documented, or as its real answers were recorded; defaults to documented"
        ),
        "documented"
      ),
      echoState: Flags.choice(
        "echo-state",
        ["always", "granted", "never"],
        "When the state comes back: also on a denial, only with the code, or not at all; defaults to granted"
      ),
      denial: Flags.choice(
        "denial",
        ["error", "bare"],
        "How a denial comes back: with error=access_denied, or without any parameter; defaults to that of the profile"
      ),
      faults: Flags.repeated("fault", "fault", `A fault to answer with, can be repeated: ${faultSyntax}`, parseFault),
      json: Flags.toggle("json", "Prints one line of JSON: the url (without /api/v1) and the apiKey")
    },
    load: () => import("./run/sandbox.js")
  }),
  Command.make({
    name: "completion",
    what: "Prints a script that completes commands and flags in your shell",
    example: "openrouter-oauth completion -s bash",
    flags: {
      shell: Flags.withShort(Flags.choice("shell", ["bash", "zsh", "fish"], "The shell that the script is for"), "s")
    },
    load: async () => {
      const [{ script }, { print }] = await Promise.all([import("./completion.js"), import("./output.js")])
      return {
        run: ({ shell }) =>
          shell === undefined
            ? Effect.fail(
                new CommandFailed({
                  why: "usage",
                  message: "Name your shell: openrouter-oauth completion -s bash, zsh or fish."
                })
              )
            : print(false, {}, script(shell, commands))
      }
    }
  })
]
