import { client, sessions } from "#lib/server/openrouter.js"
import type { PageServerLoad } from "./$types"

export const load: PageServerLoad = async ({ cookies, setHeaders }) => {
  setHeaders({ "cache-control": "no-store" })
  const key = sessions.get(cookies.get("session") ?? "")
  if (key === undefined) return {}
  const { label, limit } = await client.getCurrentKey(key)
  return { label, limit }
}
