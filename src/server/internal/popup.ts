/** What the last page of a popup window does: it tells the page that opened the window how the sign-in ended, and closes it. */

/**
 * The message goes to the app's own origin only. Where a `Cross-Origin-Opener-Policy` has cut the tie to the opener, it goes over a
 * channel, which only this origin's pages can hear.
 */
export const script =
  "const message={type:'openrouter-sign-in',outcome:new URLSearchParams(location.search).get('outcome')," +
  "title:document.querySelector('h1').textContent,message:document.querySelector('h1+p').textContent};" +
  "if(opener)opener.postMessage(message,location.origin);" +
  "else new BroadcastChannel('openrouter-sign-in').postMessage(message);" +
  "close()"

/** SHA-256 of the script, base64: the only script that the page may have. */
export const scriptDigest = "dWfrZuqv390YDH3zS5jTDkMrgv0YipgI2ueajxFfKAM="
