import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSiret } from '#kernel/french-identifiers.ts'
import { validateMailConfig } from '#platform/mail/index.ts'
import { demoClients } from './demo-data.ts'

const clients = demoClients({ count: 3000, seed: 1 })

test('gives the same companies for the same seed, others for another, and a longer list that begins alike', () => {
  assert.deepEqual(demoClients({ count: 3000, seed: 1 }), clients)
  assert.deepEqual(demoClients({ count: 50, seed: 1 }), clients.slice(0, 50))
  assert.notDeepEqual(demoClients({ count: 50, seed: 2 }), clients.slice(0, 50))
})

test('gives each company a name of its own and valid SIRETs', () => {
  assert.equal(new Set(clients.map(({ name }) => name)).size, clients.length)
  const sirets = clients.flatMap(({ siret }) => siret ?? [])
  assert.ok(sirets.length > 2500)
  for (const siret of sirets) assert.ok(isSiret(siret), siret)
})

test('names only hosts that exist nowhere', () => {
  for (const { credentials } of clients) {
    for (const { tokenUrl, flowServiceUrl } of credentials) {
      for (const url of [tokenUrl, flowServiceUrl]) assert.match(new URL(url).hostname, /\.example$/)
    }
  }
})

test('configures every mail provider validly', () => {
  const providers = new Set<string>()
  for (const { email } of clients) {
    if (!email) continue
    providers.add(email.provider)
    assert.deepEqual(validateMailConfig(email.provider, email.config).ok, true)
  }
  assert.deepEqual([...providers].sort(), ['mailgun', 'postmark', 'sendgrid', 'ses', 'smtp'])
})

test('gives some companies borrowers, with fictitious phone numbers and hosts', () => {
  const profiles = clients.flatMap((client) => client.profiles)
  assert.ok(profiles.length > 1000)
  assert.ok(profiles.some((one) => one.isSubmitted) && profiles.some((one) => !one.isSubmitted))
  for (const { attributes } of profiles) {
    assert.match(String(attributes.phone_number), /^063998\d{4}$/)
    assert.match(String(attributes.email), /^[a-z.-]+@mail\.example$/)
  }
})
