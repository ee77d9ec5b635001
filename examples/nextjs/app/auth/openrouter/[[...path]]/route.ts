import { handler } from "@/lib/openrouter"

export { handler as GET, handler as HEAD, handler as POST }
