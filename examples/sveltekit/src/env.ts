import { defineEnvVars } from "@sveltejs/kit/env"

export const variables = defineEnvVars({
  APP_URL: { schema: (value = "http://localhost:3000") => value },
  OPENROUTER_BASE_URL: { schema: (value = "https://openrouter.ai/api/v1") => value }
})
