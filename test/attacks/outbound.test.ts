/** Whoever names an address: nothing of ours goes there when it is inside, in whatever spelling, by any feature. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { startTestApp } from '#test/support/app.ts'
import { prepareUser, signInAs } from '#test/support/prepared-client.ts'

/** Of the modules that open connections: the guard, what speaks over a connection of the guard, what the operator names. */
const mayConnect: Readonly<Record<string, string>> = {
  'src/platform/outbound-http/connector.ts': 'the guard',
  'src/platform/outbound-http/guarded-connect.ts': 'the guard',
  'src/platform/outbound-http/keep-alive-client.ts': 'the guard',
  'src/platform/outbound-http/outbound-http.ts': 'the guard',
  'src/platform/outbound-http/resolve-host.ts': 'the guard',
  'src/platform/siem/syslog.ts': 'TLS over a connection of the guard',
  'src/platform/mail/smtp.ts': 'SMTP over a connection of the guard',
  'src/platform/mail/smtp-pool.ts': 'SMTP over a connection of the guard',
  'src/platform/files/virus-scanner.ts': "the operator's own daemon",
  'src/platform/db/embedded-endpoint.ts': 'the embedded database',
  'src/platform/db/replica.ts': 'the replicas that the operator has set',
  'src/platform/db/primary.ts': "the operator's own database servers",
}

test('nothing but the guard, and what speaks over its connections, can open one', () => {
  const network =
    /^import (?!type )[^\n]*from '(?:node:(?:net|tls|http|https|http2|dgram|dns|dns\/promises)|undici|nodemailer)'/m
  const names = /import (?:\{ (?:isIP|STATUS_CODES) \}|type [^\n]+) from/
  const found = globSync('src/**/*.ts')
    .filter((file) => !/\.(?:test|fixture)\.ts$|\/fixtures\//.test(file))
    .filter((file) => {
      const lines = readFileSync(file, 'utf8').split('\n')
      return (
        lines.some((line) => network.test(line) && !names.test(line)) ||
        lines.some((line) => /[^.\w]fetch\(/.test(line))
      )
    })
  assert.deepEqual(
    found.filter((file) => mayConnect[file] === undefined),
    [],
  )
})

const spellings = (port: number) => [
  `127.0.0.1:${port}`,
  `localhost:${port}`,
  `localhost.:${port}`,
  `LOCALHOST:${port}`,
  `127.1:${port}`,
  `2130706433:${port}`,
  `0x7f000001:${port}`,
  `0177.0.0.1:${port}`,
  `017700000001:${port}`,
  `0:${port}`,
  `0.0.0.0:${port}`,
  `[::1]:${port}`,
  `[::]:${port}`,
  `[::ffff:127.0.0.1]:${port}`,
  `[::ffff:7f00:1]:${port}`,
  `[64:ff9b::7f00:1]:${port}`,
  `①②⑦.⓪.⓪.①:${port}`,
  `127。0。0。1:${port}`,
  `user@127.0.0.1:${port}`,
  `public.example@127.0.0.1:${port}`,
]

test('webhooks, token addresses and mail servers of clients reach no listener of this machine', async (t) => {
  let connections = 0
  const spy = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => {
    spy.listen(0, '::', resolve)
  })
  t.after(() => spy.close())
  const { port } = spy.address() as AddressInfo
  const app = await startTestApp()
  t.after(() => app.close())
  const token = (await signInAs(app, await prepareUser(app, 'owner'))).access
  const uid = await app.createClient()
  const send = (method: string, path: string, body: object) => app.request(path, { method, token, body })
  for (const host of spellings(port)) {
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://${host}/`
      const webhook = await send('POST', `/api/v1/clients/${uid}/webhooks/`, { url })
      assert.ok(webhook.status >= 400 && webhook.status < 500, `webhook ${url}: ${webhook.status} ${webhook.text}`)
      // The rest is the same for both.
      if (scheme === 'https') continue
      const config = {
        flowServiceUrl: url,
        tokenUrl: url,
        oauthClientId: 'id',
        clientSecret: 'secret',
        isActive: true,
        modeSandbox: true,
        encryptionMode: 'fernet',
      }
      const saved = await send('PUT', `/api/v1/clients/${uid}/pdp-config`, config)
      assert.ok(saved.status < 500, `${url}: ${saved.text}`)
      if (saved.status >= 300) continue
      const tried = await send('POST', `/api/v1/clients/${uid}/pdp-config/test`, {})
      assert.ok(tried.status < 500, `${url}: ${tried.text}`)
      assert.ok(!/ECONN|refused|hang up|reset|closed/i.test(tried.text), `${url} tells what is there: ${tried.text}`)
    }
  }
  assert.equal(connections, 0, 'somebody came')
})
