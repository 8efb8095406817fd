// A client registers itself, gets its API key once, and acts with it; the account's staff see it.
import { apiKey, Clientele, InvalidRequestError } from '@clientele/client'
import { baseUrl, staff } from './setting.mjs'

// Signed in, the client belongs to the account of who registers it. Without a credential it gets an account of its own.
const account = staff()
const { data: registered } = await account.post('/api/v1/clients/', { body: { name: `Shop ${Date.now()}` } })
const client = new Clientele({ baseUrl, credential: apiKey(registered.api_key ?? '') })

const { data: me } = await client.get('/api/v1/clients/me')
console.log(`registered: ${me.name}`)

await client.put('/api/v1/clients/me', { body: { name: me.name, description: 'Sells shoes' } })

// What is wrong comes as an error with a class, a code and the fields.
try {
  await client.put('/api/v1/clients/me', { body: { name: '' } })
} catch (error) {
  if (!(error instanceof InvalidRequestError)) throw error
  console.log(`refused: ${error.code}, ${error.fieldErrors.map((one) => one.field).join()}`)
}

for await (const one of account.list('/api/v1/clients', { params: { query: { pageSize: 50 } } })) {
  if (one.uid === registered.id) console.log(`the account sees it: ${one.isActive ? 'active' : 'inactive'}`)
}
