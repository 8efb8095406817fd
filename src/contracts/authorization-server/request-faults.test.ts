import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { registerClient, startOAuthApp } from './oauth.fixture.ts'
import { explainRequestFault } from './request-faults.ts'

let app: TestApp
before(async () => {
  app = await startOAuthApp()
  await registerClient(app, { clientId: 'faulty', clientName: 'Faulty' })
})
after(() => app.close())

const page = (path: string, language: string) =>
  app.request(path, { headers: { accept: 'text/html', 'accept-language': language } })

const faults = [
  ['/oauth2/authorize', 'Il manque à la demande : ', 'The request lacks ', 'missing required parameter'],
  [
    '/oauth2/authorize?client_id=nobody&response_type=code',
    'L’application n’est pas enregistrée ici, ou ne l’est plus.',
    'The application is not registered here, or no longer.',
    'invalid_client: client is invalid',
  ],
  [
    '/oauth2/authorize?client_id=faulty&response_type=code&scope=openid&redirect_uri=https://elsewhere.example/back',
    'L’adresse de retour n’est pas de celles',
    'The address to come back to is not one',
    'redirect_uri did not match',
  ],
  [
    '/oauth2/end-session?client_id=faulty&post_logout_redirect_uri=https://elsewhere.example/',
    'L’adresse de retour après la déconnexion n’est pas enregistrée',
    'The address to go to after signing out is not registered',
    'post_logout_redirect_uri not registered',
  ],
] as const

for (const [path, french, english, technical] of faults) {
  test(`the error page says in the reader's language what is wrong, the protocol's words beneath: ${technical}`, async () => {
    for (const [language, sentence] of [
      ['fr', french],
      ['en', english],
    ] as const) {
      const { status, text } = await page(path, language)
      assert.equal(status, 400, text)
      assert.ok(text.includes(`<p class="why">${sentence}`), text)
      const beneath = /<p class="detail" lang="en"><code>(.*)<\/code>/.exec(text)?.[1] ?? ''
      assert.ok(beneath.includes(technical), beneath)
    }
  })
}

test('what is not known is still told in both languages', () => {
  const fault = { code: 'new_error', description: 'something new' }
  assert.equal(explainRequestFault('fr', fault), 'Une valeur de la demande ne convient pas.')
  assert.equal(explainRequestFault('en', fault), 'A value of the request does not fit.')
  assert.match(explainRequestFault('fr', { code: 'invalid_scope', description: 'no' }), /droits/)
})
