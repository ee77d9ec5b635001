import { cookies } from "next/headers"
import { client, sessions } from "@/lib/openrouter"

export default async function Page() {
  const id = (await cookies()).get("session")?.value ?? ""
  const key = sessions.get(id)
  return (
    <>
      <h1>Next.js</h1>
      {key === undefined ? <a href="/auth/openrouter">Sign in with OpenRouter</a> : <SignedIn apiKey={key} />}
    </>
  )
}

async function SignedIn({ apiKey }: { apiKey: string }) {
  const { label, limit } = await client.getCurrentKey(apiKey)
  return (
    <p>
      Signed in with the key <b>{label}</b>, which may spend {`$${limit}`}.
    </p>
  )
}
