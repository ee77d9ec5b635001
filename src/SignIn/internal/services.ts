/** The services that a sign-in uses. */
import type * as OAuthClient from "../../OAuthClient.js"
import type * as PendingSignIns from "../../PendingSignIns.js"
import type { Pkce } from "../../Pkce.js"

export interface Services {
  readonly client: OAuthClient.Service
  readonly pkce: typeof Pkce.Service
  readonly store: PendingSignIns.Service
}
