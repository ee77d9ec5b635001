/** A VS Code extension: `activate` of its main file. The command is in `contributes.commands` of its package.json. */
import { createSignIn } from "effect-openrouter-oauth/PromiseSignIn"
import * as vscode from "vscode"
import { signInByLink } from "./callbacks.js"

export const secretName = "openrouter-key"

export const activate = (context: vscode.ExtensionContext): void => {
  const signIn = createSignIn({ client: { appTitle: "My extension", baseUrl: process.env.OPENROUTER_BASE_URL } })
  const links = new vscode.EventEmitter<string>()

  const signInWithOpenRouter = async (signal: AbortSignal): Promise<void> => {
    // On vscode.dev and in a remote window this is another address, which leads back to this extension.
    const uri = vscode.Uri.parse(`${vscode.env.uriScheme}://${context.extension.id}/callback`)
    const callbackUrl = (await vscode.env.asExternalUri(uri)).toString(true)
    const { key } = await signInByLink(
      signIn,
      { callbackUrl, keyLabel: "My extension", limit: 5 },
      {
        open: (url) => vscode.env.openExternal(vscode.Uri.parse(url, true)),
        subscribe: (listener) => {
          const subscription = links.event(listener)
          return () => subscription.dispose()
        },
        signal
      }
    )
    await context.secrets.store(secretName, key)
  }

  context.subscriptions.push(
    links,
    { dispose: () => void signIn.dispose() },
    // The query alone: the address that comes here is not always the one that the page was given.
    vscode.window.registerUriHandler({ handleUri: ({ query }) => links.fire(`/callback?${query}`) }),
    vscode.commands.registerCommand("my-extension.signIn", () =>
      vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: "Sign in with OpenRouter", cancellable: true },
        async (_, cancellation) => {
          const controller = new AbortController()
          const subscription = cancellation.onCancellationRequested(() =>
            controller.abort(new vscode.CancellationError())
          )
          try {
            await signInWithOpenRouter(controller.signal)
          } finally {
            subscription.dispose()
          }
        }
      )
    )
  )
}
