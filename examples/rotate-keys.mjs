// An API key is replaced without a gap: the new one works before the old one ends.
import { AuthenticationError, apiKey, Clientele } from '@clientele/client'
import { baseUrl, staff } from './setting.mjs'

const { data: registered } = await staff().post('/api/v1/clients/', { body: { name: `Rotates ${Date.now()}` } })
const first = new Clientele({ baseUrl, credential: apiKey(registered.api_key ?? '') })

// 1. A key of its own name, for the program that will use it.
const { data: old } = await first.post('/api/v1/clients/me/api-keys', { body: { name: 'warehouse 2025' } })
// 2. Its successor. Both work: roll it out in peace.
const { data: fresh } = await first.post('/api/v1/clients/me/api-keys', { body: { name: 'warehouse 2026' } })
const warehouse = first.as(apiKey(fresh.api_key ?? ''))
await warehouse.get('/api/v1/clients/me')
// 3. Nobody uses the old one any more: the list tells them apart by name and hint.
const { data: keys } = await first.get('/api/v1/clients/me/api-keys')
console.log(`keys: ${keys.map((one) => one.name).join(', ')}`)
await warehouse.delete('/api/v1/clients/me/api-keys/{id}', { params: { path: { id: old.id } } })

try {
  await first.as(apiKey(old.api_key ?? '')).get('/api/v1/clients/me')
} catch (error) {
  if (!(error instanceof AuthenticationError)) throw error
  console.log(`the old key: ${error.message}`)
}
