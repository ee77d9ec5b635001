import { handler } from "#lib/server/openrouter.js"

export const fallback = ({ request }: { request: Request }) => handler(request)
