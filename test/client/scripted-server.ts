/** A server that answers as a test says, one step a request, and remembers what it was asked. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Asked = {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}
export type Step = (response: ServerResponse, asked: Asked) => void

export type ScriptedServer = { url: string; asked: Asked[]; close(): Promise<void> }

/** The last step answers all that comes after it. */
export async function startScripted(...steps: Step[]): Promise<ScriptedServer> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() }
      const step = steps[Math.min(asked.length, steps.length - 1)]
      asked.push(one)
      step?.(response, one)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Step =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

export const hangUp: Step = (response) => response.destroy()

/** Never answers; the test's end closes the connection. */
export const silence: Step = () => undefined
