/** What a server makes of the app. */
import { renderToString } from "react-dom/server"
import { type AppOptions, makeApp } from "./app.js"

export const render = (options: AppOptions): string => renderToString(makeApp(options))
