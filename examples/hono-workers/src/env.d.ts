declare namespace Cloudflare {
  interface Env {
    readonly DB: D1Database
    readonly APP_URL: string
    readonly OPENROUTER_BASE_URL: string
  }
}
