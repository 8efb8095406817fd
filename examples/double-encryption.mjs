// Mode "double": the server seals the secret with a key that only the client has, inside its own encryption.
import { checkEncryptionKey, generateEncryptionKey, InvalidRequestError, withEncryptionKey } from '@clientele/client'
import { staff } from './setting.mjs'

const account = staff()
const { uid } = await account.post('/api/v1/clients', { body: { name: `Doubly sealed ${Date.now()}` } })
const path = { uid }

// Keep it where you keep passwords. Whoever loses it has to entrust the secrets anew.
const key = checkEncryptionKey(generateEncryptionKey())
await account.put('/api/v1/clients/{uid}/pdp-config', {
  params: { path, ...withEncryptionKey(key) },
  body: {
    flowServiceUrl: 'https://pdp.example.com/flow',
    tokenUrl: 'https://pdp.example.com/token',
    oauthClientId: 'alpha',
    clientSecret: 's3cret',
    encryptionMode: 'double',
  },
})
const config = await account.get('/api/v1/clients/{uid}/pdp-config', { params: { path } })
console.log(
  `the secret is ${config.secretStatus?.status}, the server needs the key: ${config.secretStatus?.requiresClientKey}`,
)

// Another key: all of the client's secrets in one transaction, or none.
const newKey = generateEncryptionKey()
const rotate = (/** @type {string} */ oldKey) =>
  account.post('/api/v1/clients/{uid}/rotate-encryption-key', { params: { path }, body: { oldKey, newKey } })
console.log(`rotated: ${(await rotate(key)).rotatedCount}`)
try {
  await rotate(key)
} catch (error) {
  if (!(error instanceof InvalidRequestError)) throw error
  console.log(`with the old key: ${error.code}`)
}
