/** The world outside of Clientele, on loopback: a token endpoint and a mail provider's API. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '#src/config.ts'

export type Outside = {
  tokenUrl: string
  /** Settings under which the application reaches it. */
  config: Partial<Config>
  stop(): Promise<void>
}

export async function startOutside(): Promise<Outside> {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => {
      const isToken = request.url === '/token'
      const body = isToken ? { access_token: 'given', token_type: 'Bearer' } : { id: '<1@outside>', message: 'Queued' }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    tokenUrl: `${url}/token`,
    config: {
      outboundAllow: [`127.0.0.1:${port}`],
      mailEndpoints: { mailgun: url },
      mail: {
        provider: 'mailgun',
        config: { from_email: 'platform@example.com', api_key: 'key', domain: 'mail.example.com' },
      },
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
