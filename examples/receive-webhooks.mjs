// A receiver: verifies what comes, takes every event once, answers at once. Then an event is sent to it.
import { createServer } from 'node:http'
import { verifyWebhook, WebhookError } from '@clientele/client'
import { staff } from './setting.mjs'

let secret = ''
const known = new Set() // In production: a table, kept for some days.
/** @type {(event: import('@clientele/client').WebhookEvent) => void} */
let arrived
const arrival = new Promise((resolve) => {
  arrived = resolve
})

/** @type {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => Promise<void>} */
async function receive(request, response) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  try {
    const event = verifyWebhook({ body: Buffer.concat(chunks), headers: request.headers }, secret)
    response.writeHead(204).end()
    if (known.has(event.id)) return
    known.add(event.id)
    arrived(event)
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error
    response.writeHead(400).end()
  }
}

const receiver = createServer((request, response) => {
  receive(request, response).catch(() => response.writeHead(500).end())
})
await new Promise((resolve) =>
  receiver.listen(Number(process.env.RECEIVER_PORT ?? 0), '127.0.0.1', () => resolve(null)),
)
const address = receiver.address()
const port = typeof address === 'object' ? address?.port : ''

// The server must be allowed to reach a private address: CLIENTELE_OUTBOUND_ALLOW=127.0.0.1:<port>
const account = staff()
const { data: webhook } = await account.post('/api/v1/webhooks/configure/', {
  body: { url: `http://127.0.0.1:${port}/hooks` },
})
secret = webhook.secret ?? ''
await account.post('/api/v1/webhooks/{pk}/test/', { params: { path: { pk: webhook.pk } } })
const event = await arrival
console.log(`received and verified: ${event.type}`)

const forged = await fetch(`http://127.0.0.1:${port}/hooks`, { method: 'POST', body: '{"type":"forged"}' })
console.log(`a forged one: ${forged.status}`)

await account.delete('/api/v1/webhooks/{pk}/', { params: { path: { pk: webhook.pk } } })
receiver.close()
receiver.closeAllConnections()
