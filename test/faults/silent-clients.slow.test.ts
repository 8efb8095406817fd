/** Clients that connect and fall silent lose their connection, and nobody else is any worse off. The limit is four seconds here: a busy machine must not be taken for a silent client. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import type { TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import { assertPrintedBy } from '../support/contract-errors.ts'
import { parseAnswer } from '../support/raw-http.ts'

const silenceMs = 4_000
/** Anything longer is no limit of ours: Node's own begin at a minute. */
const patienceMs = 40_000

let app: TestApp
let token: string
const open = new Set<Socket>()
before(async () => {
  app = await startTestApp({ config: { clientSilenceMs: silenceMs } })
  token = await app.signIn()
})
after(async () => {
  for (const socket of open) socket.destroy()
  await app.close()
})

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await look())) {
    assert.ok(performance.now() < deadline, `did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

type Client = { socket: Socket; said(): string; closed: Promise<number> }

/** Sends this and says nothing more. */
function clientThat(sends: string): Client {
  const { hostname, port } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  const began = performance.now()
  const chunks: Buffer[] = []
  open.add(socket)
  socket.on('data', (bytes) => chunks.push(bytes))
  socket.on('error', () => {})
  const closed = new Promise<number>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`still open: ${sends.slice(0, 60)}`)), patienceMs)
    socket.on('close', () => {
      clearTimeout(late)
      open.delete(socket)
      resolve(performance.now() - began)
    })
  })
  if (sends !== '') socket.write(sends)
  return { socket, said: () => Buffer.concat(chunks).toString('latin1'), closed }
}

const head = (method: string, path: string, ...lines: string[]) =>
  [`${method} ${path} HTTP/1.1`, 'host: localhost', ...lines, '', ''].join('\r\n')
const bearer = () => `authorization: Bearer ${token}`
const json = ['content-type: application/json', 'content-length: 1000']

function assertTimedOut(client: Client, what: string): void {
  const answer = parseAnswer(client.said())
  assert.equal(answer.status, 408, what)
  assertPrintedBy('azalscore', answer, what)
}

test('who says nothing, half of its headers or half of a body is told so and loses the connection', async () => {
  const upload = ['content-type: multipart/form-data; boundary=b', 'content-length: 100000']
  const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\r\n'
  const silent = {
    nothing: clientThat(''),
    'half of the headers': clientThat('GET /api/v1/clients HTTP/1.1\r\nhost: local'),
    'half of a body that anybody may send': clientThat(`${head('POST', '/api/token/', ...json)}{"username":`),
    'half of a body': clientThat(`${head('POST', '/api/v1/clients', bearer(), ...json)}{"name":`),
    'half of a file': clientThat(`${head('POST', '/api/v1/imports/', bearer(), ...upload)}${part}`),
  }
  for (const [what, client] of Object.entries(silent)) {
    await client.closed
    if (what !== 'half of a file') assertTimedOut(client, what)
  }
  const answer = await app.request('/api/v1/clients', { token })
  assert.equal(answer.status, 200)
})

test('who takes nothing of a large answer loses the connection, and an idle one ends later', async () => {
  const idle = clientThat(head('GET', '/health/live'))
  const asked = 100
  const greedy = clientThat(head('GET', '/openapi.json').repeat(asked))
  greedy.socket.pause()
  await until('no connection is left', async () => (await app.connections()) === 0)
  const idleMs = await idle.closed
  assert.equal(parseAnswer(idle.said()).status, 200)
  assert.ok(idleMs > silenceMs * 1.5, `the idle connection ended after ${idleMs} ms`)
  // What had been given to the system by then is still there to be read; the rest was never written.
  greedy.socket.resume()
  await greedy.closed
  assert.ok(greedy.said().split('HTTP/1.1 200 OK').length - 1 < asked)
})

test('who is kept waiting by us stays: a stream without news goes on', async () => {
  const stream = clientThat(head('GET', '/api/v1/notifications/stream', bearer(), 'accept: text/event-stream'))
  // As long as it takes others to be ended.
  await clientThat('').closed
  await clientThat('').closed
  assert.match(stream.said(), /^HTTP\/1\.1 200 OK[\s\S]*event: unread/)
  assert.ok(!stream.socket.destroyed && !stream.socket.readableEnded)
  stream.socket.destroy()
  await stream.closed
})

test('three hundred at once keep nobody out, and all of them are gone afterwards', async () => {
  const states = ['', 'GET / HT', head('GET', '/health/live'), `${head('POST', '/api/token/', ...json)}{`]
  const silent = Array.from({ length: 300 }, (_, i) => clientThat(states[i % states.length] as string))
  const answers = await Promise.all(Array.from({ length: 20 }, () => app.request('/api/v1/clients', { token })))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  await Promise.all(silent.map(({ closed }) => closed))
  await until('no connection is left', async () => (await app.connections()) === 0)
  assert.equal((await app.request('/health/ready')).status, 200)
  assert.deepEqual(
    app.logs.filter((line) => line.includes('"level":50')),
    [],
    'nothing was logged as our own failure',
  )
})
