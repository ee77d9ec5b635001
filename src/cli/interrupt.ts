/**
 * Interrupts this program as Ctrl-C does where a terminal's line editor took the key. On Windows a signal that a process sends to itself ends
 * it at once, without its finalizers, so the listeners are told instead.
 */
export const interrupt = (platform: NodeJS.Platform = process.platform): void => {
  if (platform === "win32") process.emit("SIGINT", "SIGINT")
  else process.kill(process.pid, "SIGINT")
}
