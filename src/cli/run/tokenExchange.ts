import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as SubjectTokens from "../../node/SubjectTokens.js"
import { OAuthClient } from "../../OAuthClient.js"
import * as Client from "../client.js"
import { CommandFailed } from "../exit.js"
import { print, saysWhatItWaitsFor } from "../output.js"
import * as Terminal from "../terminal.js"

export interface TokenExchangeOptions {
  readonly policy: string | undefined
  readonly subjectTokenFile: string | undefined
  readonly json: boolean
}

const usage = (message: string) => new CommandFailed({ why: "usage", message })

/** Reads the token from a file or from standard input: other users of the machine can read the arguments of a command. */
const subjectTokenOf = (file: string | undefined) =>
  file === undefined
    ? Effect.flatMap(
        Terminal.askFor("the subject token", {
          question: "Paste the subject token, and press Enter. It is not shown:",
          hidden: true
        }),
        (line) =>
          line === ""
            ? usage(
                "There is no subject token on standard input. Pipe it in, or name its file with --subject-token-file."
              )
            : Effect.succeed(Redacted.make(line))
      )
    : Effect.mapError(SubjectTokens.fromFile(file), ({ message }) => usage(message))

export const run = ({ json, policy, subjectTokenFile }: TokenExchangeOptions) =>
  Effect.gen(function* () {
    if (policy === undefined) {
      return yield* usage("The federation policy is missing. Name it with --policy.")
    }
    const subjectToken = yield* subjectTokenOf(subjectTokenFile)
    const { accessToken, expiresIn, issuedTokenType, scope, tokenType } = yield* Effect.flatMap(OAuthClient, (client) =>
      client.createOauthToken({ federationPolicyId: policy, subjectToken })
    ).pipe(Effect.provide(Client.layer()), saysWhatItWaitsFor("Exchanging the subject token for an access token…"))
    const token = Redacted.value(accessToken)
    yield* print(json, { accessToken: token, expiresIn, issuedTokenType, scope, tokenType }, token)
  })
