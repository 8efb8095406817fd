/** Server-sent events by fetch: an EventSource could not send the header without which the session does not count. */
import { refusalOf } from './client.ts'

export type ServerEvent = { id: string | null; event: string; data: unknown }
type Listening = { signal: AbortSignal; onEvent: (event: ServerEvent) => void; lastEventId?: string | null }

/** Resolves when the stream has ended. @throws Problem when it was refused, AbortError when it was given up */
export async function listen(path: string, { signal, onEvent, lastEventId }: Listening): Promise<void> {
  const response = await fetch(path, {
    signal,
    cache: 'no-store',
    headers: {
      accept: 'text/event-stream',
      'x-clientele-console': '1',
      ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
    },
  })
  if (!response.ok) throw await refusalOf(response, await response.json().catch(() => null))
  if (!response.body) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    text += value
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = eventOf(block)
      if (event) onEvent(event)
    }
  }
}

/** null: a comment, or only the time to wait. */
function eventOf(block: string): ServerEvent | null {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  const data = fields.get('data')
  return data ? { id: fields.get('id') ?? null, event: fields.get('event') ?? 'message', data: JSON.parse(data) } : null
}
