/** New notifications as they come: one connection for all tabs of a browser, since it allows only six to a server. */
import type { ServerEvent } from '../api/events.ts'
import { listen } from '../api/events.ts'
import { Problem } from '../api/problem.ts'
import { sessionExpired } from '../app/session-channel.ts'

const lockName = 'clientele-notifications'
const path = '/api/v1/notifications/stream'
const longestWaitMs = 60_000

/** `changed`: this user has read something in another tab. */
export type Told = ServerEvent | { event: 'changed' }

const channel = new BroadcastChannel(lockName)

export function tellOthers(told: Told): void {
  channel.postMessage(told)
}

/** @returns what stops listening */
export function followNotifications(onTold: (told: Told) => void): () => void {
  const ending = new AbortController()
  const { signal } = ending
  const hear = ({ data }: MessageEvent<Told>) => onTold(data)
  channel.addEventListener('message', hear, { signal })
  const lead = () =>
    stay(signal, (told) => {
      tellOthers(told)
      onTold(told)
    })
  // Whoever holds the lock listens for all; it passes on when his tab closes. Without https there are no locks.
  const leading = 'locks' in navigator ? navigator.locks.request(lockName, { signal }, lead) : lead()
  leading.catch((error: unknown) => {
    if (!signal.aborted) reportError(error)
  })
  return () => ending.abort()
}

/** Connects, and again when it breaks off, ever more patiently; what came meanwhile comes then. */
async function stay(signal: AbortSignal, onEvent: (event: ServerEvent) => void): Promise<void> {
  let waitMs = 1000
  let lastEventId: string | null = null
  while (!signal.aborted) {
    try {
      await listen(path, {
        signal,
        lastEventId,
        onEvent: (event) => {
          waitMs = 1000
          lastEventId = event.id ?? lastEventId
          onEvent(event)
        },
      })
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Problem && error.status === 401) return sessionExpired()
      // What is forbidden stays so until the page is loaded again.
      if (error instanceof Problem && error.status === 403) return
    }
    await pause(waitMs, signal)
    waitMs = Math.min(longestWaitMs, waitMs * 2)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
