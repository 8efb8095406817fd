/**
 * A client in a namespace of its own: `upload`, `download` and `stream` get half way, say so and stay there; `work` does all of it, again
 * and again where its connection fails, as clients do. Arguments: what, base URL, path, token.
 */
import { createHash } from 'node:crypto'
import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const [what = '', base = '', path = '', token = ''] = process.argv.slice(2)
const boundary = 'half'
const form = (content: Buffer) =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n`),
    content,
    Buffer.from(`\r\n--${boundary}\r\nContent-Disposition: form-data; name="attribute"\r\n\r\nbank_statement`),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
const document = (bytes: number) => Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(bytes, 'x')])
const headers = { authorization: `Bearer ${token}` }
const asForm = { ...headers, 'content-type': `multipart/form-data; boundary=${boundary}` }
const tellHalf = () => process.stdout.write('half\n')

function request(method: string, target: string, sent: http.OutgoingHttpHeaders): http.ClientRequest {
  const made = http.request(base + target, { method, headers: sent, agent: false })
  made.on('error', () => {})
  return made
}

/** Long enough for the server to notice; the test ends us. */
const stay = () => delay(60_000)

async function upload(): Promise<void> {
  const body = form(document(2_000_000))
  const sending = request('POST', path, { ...asForm, 'content-length': body.length })
  sending.write(body.subarray(0, body.length / 2), tellHalf)
  await stay()
}

async function download(accept: string): Promise<void> {
  const asking = request('GET', path, { ...headers, accept })
  asking.on('response', (answer) => {
    answer.once('data', () => {
      answer.pause()
      tellHalf()
    })
  })
  asking.end()
  await stay()
}

/** Until it is answered; the connection may fail as often as it likes. */
async function insist(
  method: string,
  target: string,
  body: Buffer | null,
  sent: http.OutgoingHttpHeaders,
): Promise<Buffer> {
  for (;;) {
    const answer = await new Promise<{ status: number; body: Buffer } | null>((resolve) => {
      const asking = request(method, target, { ...sent, ...(body ? { 'content-length': body.length } : {}) })
      asking.setTimeout(5_000, () => asking.destroy())
      asking.on('close', () => resolve(null))
      asking.on('response', (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('error', () => resolve(null))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) }))
      })
      asking.end(body ?? undefined)
    })
    // 409: the first one with this key is still at work, or about to be given up.
    if (answer !== null && answer.status < 400) return answer.body
    if (answer !== null && ![408, 409, 503].includes(answer.status)) throw new Error(`${answer.status} ${answer.body}`)
    await delay(200)
  }
}

async function work(): Promise<void> {
  for (let i = 0; i < 5; i += 1) {
    const body = Buffer.from(JSON.stringify({ name: `Far away ${i}` }))
    await insist('POST', '/api/v1/clients', body, {
      ...{ ...headers, 'content-type': 'application/json' },
      'idempotency-key': `far-${i}`,
    })
  }
  const sent = document(20_000)
  const answer = await insist('POST', path, form(sent), { ...asForm, 'idempotency-key': 'far-file' })
  const { data } = JSON.parse(answer.toString()) as { data: { pk: number; sha256: string } }
  const got = await insist('GET', `/api/v1/documents/${data.pk}/content/`, null, headers)
  const same = createHash('sha256').update(got).digest('hex') === data.sha256 && got.equals(sent)
  process.stdout.write(`${same ? 'same' : 'different'}\n`)
}

const deeds: Record<string, () => Promise<void>> = {
  upload,
  download: () => download('*/*'),
  stream: () => download('text/event-stream'),
  work,
}
await deeds[what]?.()
