/**
 * What one tab learns of the session, all learn. `signed-out`: whoever used it ended it here; `expired`: it is over for
 * any other reason, and its owner may come back.
 */
type Message = 'signed-in' | 'signed-out' | 'expired'

const channel = new BroadcastChannel('clientele-session')
const listeners = new Set<(message: Message) => void>()

channel.onmessage = (event: MessageEvent<Message>) => tell(event.data)

function tell(message: Message): void {
  for (const listener of listeners) listener(message)
}

export function signedOut(): void {
  channel.postMessage('signed-out' satisfies Message)
  tell('signed-out')
}

export function sessionExpired(): void {
  channel.postMessage('expired' satisfies Message)
  tell('expired')
}

export function signedIn(): void {
  channel.postMessage('signed-in' satisfies Message)
}

/** @returns what stops listening */
export function onSession(listener: (message: Message) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
