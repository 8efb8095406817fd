/** HTTP as no client library would send it: the bytes go out as they are. */
import net from 'node:net'
import type { WrittenAnswer } from './contract-errors.ts'

/** Sends the bytes on a connection of their own and reads until the server closes it. */
export function sendRaw(url: string, bytes: Buffer | string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname)
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    // The server may answer and close before it has read everything, as for a body that is too large.
    socket.on('error', (error) => (chunks.length > 0 ? resolve(Buffer.concat(chunks).toString()) : reject(error)))
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer within 20 s')))
    socket.write(bytes)
  })
}

/** The head of a request that asks the server to close the connection after its answer. */
export function rawRequest(
  method: string,
  target: string,
  headers: Record<string, string> = {},
  body: Buffer | string = '',
): Buffer {
  const lines = { host: 'localhost', connection: 'close', ...headers }
  const length = Buffer.byteLength(body)
  const head = [
    `${method} ${target} HTTP/1.1`,
    ...Object.entries(lines).map(([name, value]) => `${name}: ${value}`),
    ...(length > 0 ? [`content-length: ${length}`] : []),
    '',
    '',
  ].join('\r\n')
  // Headers are bytes: each character below U+0100 becomes one.
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)])
}

/** @throws Error when the text is no HTTP answer */
export function parseAnswer(text: string): WrittenAnswer & { headers: Map<string, string> } {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1])
  if (!status) throw new Error(`not an HTTP answer: ${JSON.stringify(text.slice(0, 200))}`)
  const headers = new Map(
    lines.map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: ?/, '')]),
  )
  const body = rest.join('\r\n\r\n')
  return { status, text: body, body: parseJson(body), headers, requestId: headers.get('x-request-id') ?? null }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
