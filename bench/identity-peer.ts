/**
 * What identity is compared with:
 *   identity-peer.ts argon2 <concurrency> <seconds>   verifies one password again and again, prints how often in a second and the CPU time
 *   identity-peer.ts provider                         oidc-provider as its example has it, with its in-memory adapter
 */
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { hash, verify } from '@node-rs/argon2'
import Provider from 'oidc-provider'

const [kind, ...rest] = process.argv.slice(2)
if (kind === 'argon2') await verifyPasswords(Number(rest[0]), Number(rest[1]))
else serveTokens(Number(process.env.PORT))

/** The parameters of src/features/users/passwords.ts. */
async function verifyPasswords(concurrency: number, seconds: number): Promise<void> {
  const stored = await hash('bench-horse-battery', { memoryCost: 19_456, timeCost: 2, parallelism: 1 })
  const spentBefore = process.cpuUsage()
  const started = performance.now()
  let count = 0
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() - started < seconds * 1000) {
        if (!(await verify(stored, 'bench-horse-battery'))) throw new Error('the password is right')
        count++
      }
    }),
  )
  const { user, system } = process.cpuUsage(spentBefore)
  const perSecond = (count * 1000) / (performance.now() - started)
  process.stdout.write(JSON.stringify({ perSecond, cpuMs: (user + system) / 1000 / count }))
}

function serveTokens(port: number): void {
  const jwk = { format: 'jwk' } as const
  const signingKey = {
    ...generateKeyPairSync('ed25519').privateKey.export(jwk),
    kid: 'bench',
    alg: 'EdDSA',
    use: 'sig',
  }
  const resource = `http://127.0.0.1:${port}`
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: ['self-contained', 'reference'].map((name) => ({
      client_id: name,
      client_secret: process.env.PEER_SECRET ?? '',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      scope: 'client:view',
    })),
    // Ours sign by Ed25519; its default, RS256, costs several times as much.
    jwks: { keys: [signingKey, { ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(jwk) }] },
    scopes: ['client:view'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // JWTs are for a resource server; opaque tokens need none.
        defaultResource: (_ctx, client) => (client?.clientId === 'self-contained' ? resource : []),
        getResourceServerInfo: () => ({
          scope: 'client:view',
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'EdDSA', kid: 'bench' } },
        }),
      },
    },
  })
  const callback = provider.callback()
  createServer((request, response) => {
    if (request.url === '/ready') response.end('ready')
    else void callback(request, response)
  }).listen(port, '127.0.0.1')
}
