// "Connect in a new window": begins by fetch, and stays on this page while the window is at OpenRouter.
const button = document.querySelector("#popup")
const say = (text) => {
  document.querySelector("[role=status]").textContent = text
}

button.hidden = false
button.onclick = async () => {
  // In the click itself: browsers block windows that open later.
  const popup = open("", "openrouter", "popup,width=520,height=680")
  if (popup === null) return say("Your browser blocked the window. Use the other button.")
  const answer = await fetch("/auth/openrouter?display=popup", {
    method: "POST",
    headers: { accept: "application/json" }
  })
  const { authorizationUrl, message } = await answer.json().catch(() => ({}))
  if (answer.ok) {
    popup.location = authorizationUrl
    return
  }
  popup.close()
  if (answer.status === 401) say("You are signed out. Reload the page.")
  else say(message ?? "That did not work. Wait a minute, then try again.")
}

/** The window says how it ended, and closes. That is a hint: whether there is a key, only the server knows. */
const ended = ({ data, origin }) => {
  if (origin !== location.origin || data?.type !== "openrouter-sign-in") return
  if (data.outcome === "signed-in") location.reload()
  else say(data.message)
}
addEventListener("message", ended)
// Where a Cross-Origin-Opener-Policy parted the two windows.
new BroadcastChannel("openrouter-sign-in").onmessage = ended
