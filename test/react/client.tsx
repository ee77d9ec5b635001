/** Where the app starts in a browser. The path says where it keeps its key. */
import { hydrateRoot } from "react-dom/client"
import { type AppOptions, makeApp } from "./app.js"

declare const APP_OPTIONS: AppOptions

const root = document.querySelector("#root")
const storage = location.pathname === "/stored" ? () => sessionStorage : undefined
if (root) {
  hydrateRoot(root, makeApp({ ...APP_OPTIONS, storage }), {
    onRecoverableError: (error) => console.error("recovered from", error)
  })
}
