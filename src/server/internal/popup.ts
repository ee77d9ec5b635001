/** The script of a popup's last page: tells the page that opened the window how the sign-in ended, and closes the window. */

/**
 * Sends the message to the app's own origin only. If a `Cross-Origin-Opener-Policy` cut the tie to the opener, sends it over a channel,
 * which only pages of this origin can hear.
 */
export const script =
  "const message={type:'openrouter-sign-in',outcome:new URLSearchParams(location.search).get('outcome')," +
  "title:document.querySelector('h1').textContent,message:document.querySelector('h1+p').textContent};" +
  "if(opener)opener.postMessage(message,location.origin);" +
  "else new BroadcastChannel('openrouter-sign-in').postMessage(message);" +
  "close()"

/** SHA-256 of the script, base64: the only script that the page may have. */
export const scriptDigest = "dWfrZuqv390YDH3zS5jTDkMrgv0YipgI2ueajxFfKAM="
