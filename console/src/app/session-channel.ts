/** What one tab learns of the session, all learn: signing in or out anywhere is seen everywhere. */
type Message = 'signed-in' | 'ended'

const channel = new BroadcastChannel('clientele-session')
const listeners = new Set<(message: Message) => void>()

channel.onmessage = (event: MessageEvent<Message>) => tell(event.data)

function tell(message: Message): void {
  for (const listener of listeners) listener(message)
}

export function sessionEnded(): void {
  channel.postMessage('ended' satisfies Message)
  tell('ended')
}

export function signedIn(): void {
  channel.postMessage('signed-in' satisfies Message)
}

/** @returns what stops listening */
export function onSession(listener: (message: Message) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
