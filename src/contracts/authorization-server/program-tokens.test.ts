/** What is answered at once is what oidc-provider answers. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { hashSync } from 'bcryptjs'
import fc from 'fast-check'
import { findPayload } from '#features/oauth/index.ts'
import type { Answer, TestApp } from '#test/support/app.ts'
import { secret, startOAuthApp } from './oauth.fixture.ts'
import type { Sent } from './program.fixture.ts'
import { ask, basic, LibrarySpy, plain, register } from './program.fixture.ts'

const formats = ['self-contained', 'reference'] as const

let library: LibrarySpy
before(() => {
  library = new LibrarySpy()
})
after(() => library.restore())

/** Without what is another one in each answer. */
function comparable({ status, body, headers }: Answer) {
  const given = body as Record<string, unknown> | undefined
  const names = [...headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name))
  return {
    status,
    headers: Object.fromEntries(names),
    body: given?.access_token === undefined ? given : Object.entries({ ...given, access_token: 'a token' }),
  }
}

describe('the same answers', () => {
  let app: TestApp
  const clientIds: Record<(typeof formats)[number], string> = { 'self-contained': '', reference: '' }
  before(async () => {
    app = await startOAuthApp()
    for (const accessTokenFormat of formats) {
      const { clientId } = await register(app, { tokenSettings: JSON.stringify({ accessTokenFormat }) })
      await library.prime(app, clientId)
      clientIds[accessTokenFormat] = clientId
    }
  })
  after(() => app.close())

  /** A member that nobody knows leaves the request to oidc-provider, and means nothing to it (RFC 6749 3.2). */
  const leftToLibrary = (sent: Sent): Sent => ({ ...sent, body: `${sent.body}&unknown=1` })

  async function compare(sent: Sent): Promise<Answer> {
    const answer = await ask(app, sent)
    assert.deepEqual(comparable(answer), comparable(await ask(app, leftToLibrary(sent))), JSON.stringify(sent))
    return answer
  }

  const held = async (answer: Answer, format: (typeof formats)[number]) => {
    const { access_token: token } = answer.body as { access_token: string }
    const { services } = app.runtime
    const jti = format === 'reference' ? token : (await services.signingKeys.verifyOAuth(token)).jti
    assert.match(jti, /^[\w-]{43}$/)
    const {
      iat,
      exp,
      jti: kept,
      ...rest
    } = (await findPayload(services, 'ClientCredentials', { id: jti })) ?? assert.fail('not kept')
    assert.equal(kept, jti)
    const {
      jti: _jti,
      iat: _iat,
      exp: _exp,
      ...claims
    } = format === 'reference' ? {} : JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return { lasts: Number(exp) - Number(iat), rest, claims }
  }

  for (const format of formats) {
    test(`${format}: answer, what is kept and what is signed are as if oidc-provider had issued it`, async () => {
      const sent = plain(clientIds[format])
      const before = library.issued
      const atOnce = await ask(app, sent)
      assert.equal(library.issued, before)
      const byLibrary = await ask(app, leftToLibrary(sent))
      assert.equal(library.issued, before + 1)
      assert.deepEqual(comparable(atOnce), comparable(byLibrary))
      assert.deepEqual(await held(atOnce, format), await held(byLibrary, format))
      const { access_token: token } = atOnce.body as { access_token: string }
      assert.equal((await app.request('/api/v1/clients', { token })).status, 200)
      const body = `token=${token}`
      const headers = { authorization: basic(clientIds[format]) }
      const introspected = await ask(app, { path: '/oauth2/introspect', body, headers })
      assert.equal((introspected.body as { active: boolean }).active, true)
      assert.equal((await ask(app, { path: '/oauth2/revoke', body, headers })).status, 200)
      assert.equal((await app.request('/api/v1/clients', { token })).status, 401)
    })
  }

  test('for every way to send the same, and everything that is refused', async () => {
    const clientId = clientIds.reference
    const authorization = basic(clientId)
    const grant = 'grant_type=client_credentials'
    const asForm = `${grant}&client_id=${clientId}&client_secret=${secret}`
    const oddlyEncoded = `Basic ${Buffer.from(`%70rogram${clientId.slice(7)}:${secret}`).toString('base64')}`
    const answers = new Map<number, number>()
    for (const sent of [
      { body: grant, headers: { authorization } },
      { body: `scope=client%3Acreate+client%3Aview&${grant}`, headers: { authorization } },
      { body: `${grant}&scope=client:view%20client:view`, headers: { authorization } },
      { body: `${grant}&scope=client:view%20openid`, headers: { authorization } },
      { body: `${grant}&scope=openid`, headers: { authorization } },
      { body: `${grant}&scope=client:delete`, headers: { authorization } },
      { body: `${grant}&scope=client:view%20%20client:create`, headers: { authorization } },
      { body: `${grant}&scope=`, headers: { authorization } },
      { body: `${grant}&scope=client:view&scope=client:view`, headers: { authorization } },
      { body: `${grant}&${grant}`, headers: { authorization } },
      { body: `${grant}&scope=%ff`, headers: { authorization } },
      { body: `${grant}&resource=https://elsewhere.example`, headers: { authorization } },
      { body: `${grant}&authorization_details=[]`, headers: { authorization } },
      { body: `${grant}&client_assertion=x`, headers: { authorization } },
      { body: `${grant}&client_id=${clientId}`, headers: { authorization } },
      { body: `${grant}&client_id=another`, headers: { authorization } },
      { body: asForm, headers: { authorization } },
      { body: asForm },
      { body: `${asForm}&client_secret=${secret}` },
      { body: asForm.replace(secret, 'wrong') },
      { body: asForm.replace(secret, '') },
      { body: `${grant}&client_id=${clientId}` },
      { body: grant },
      { body: 'grant_type=authorization_code', headers: { authorization } },
      { body: 'grant_type=made-up', headers: { authorization } },
      { body: '', headers: { authorization } },
      { body: grant, headers: { authorization: basic(clientId, 'wrong') } },
      { body: grant, headers: { authorization: basic('nobody') } },
      { body: grant, headers: { authorization: basic('nobody\0') } },
      { body: grant, headers: { authorization: authorization.replace('Basic', 'bAsIc') } },
      { body: grant, headers: { authorization: authorization.replace('Basic', 'Bearer') } },
      { body: grant, headers: { authorization: authorization.replace(/=*$/, '') } },
      { body: grant, headers: { authorization: `${authorization}%` } },
      { body: grant, headers: { authorization: 'Basic Og==' } },
      { body: grant, headers: { authorization: oddlyEncoded } },
      { body: grant, headers: { authorization, origin: 'https://app.example' } },
      { body: grant, headers: { authorization, dpop: 'x' } },
      { body: grant, headers: { authorization, 'oauth-client-attestation': 'x' } },
      { body: grant, headers: { authorization, 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' } },
      { body: grant, headers: { authorization, 'content-type': 'application/x-www-form-urlencoded; charset=latin1' } },
      { body: grant, headers: { authorization, 'content-type': 'application/x-www-form-urlencoded; charset=made-up' } },
      { body: grant, headers: { authorization, 'content-type': 'APPLICATION/X-WWW-FORM-URLENCODED' } },
      { body: grant, headers: { authorization, 'content-type': 'application/json' } },
      { body: grant, headers: { authorization, 'content-type': '' } },
      { body: grant, headers: { authorization, accept: 'text/html' } },
      { body: grant, headers: { authorization, accept: 'text/html' }, path: '/oauth2/token?scope=client:create' },
      { body: grant, headers: { authorization }, path: '/oauth2/%74oken' },
      { body: '', headers: { authorization }, method: 'GET' },
      { body: `${grant}&padding=${'x'.repeat(57 * 1024)}`, headers: { authorization } },
      { body: `${grant}&padding=${'x'.repeat(200 * 1024)}`, headers: { authorization } },
    ] satisfies Sent[]) {
      const { status, text } = await compare(sent)
      assert.ok(status < 500, text)
      answers.set(status, (answers.get(status) ?? 0) + 1)
    }
    assert.ok((answers.get(200) ?? 0) >= 10 && (answers.get(400) ?? 0) >= 10 && (answers.get(401) ?? 0) >= 4)
  })

  test('for a secret whose characters a header cannot hold (RFC 6749 appendix A.2), also after it was taken from a form', async () => {
    const odd = 'sécret'
    const { clientId } = await register(app, { clientSecret: `{bcrypt}${hashSync(odd, 4)}` })
    const sent = { client_id: clientId, client_secret: odd, grant_type: 'client_credentials' }
    assert.equal((await ask(app, { body: new URLSearchParams(sent).toString() })).status, 200)
    const authorization = basic(clientId, encodeURIComponent(odd))
    const answer = await compare({ body: 'grant_type=client_credentials', headers: { authorization } })
    assert.equal(answer.status, 400)
  })

  test('for whatever is put together', async () => {
    const scopes = fc.array(fc.constantFrom('client:view', 'client:create', 'openid', 'client:delete', ''), {
      maxLength: 3,
    })
    const anyRequest = fc.record({
      format: fc.constantFrom(...formats),
      grant: fc.constantFrom('client_credentials', 'client_credentials', 'refresh_token', 'client_credentials '),
      scope: fc.option(scopes),
      password: fc.constantFrom(secret, secret, `${secret} `, encodeURIComponent(secret), ''),
      inHeader: fc.boolean(),
      inForm: fc.boolean(),
      more: fc.constantFrom({}, {}, { scope: 'client:view' }, { audience: 'x' }, { client_id: '' }),
    })
    await fc.assert(
      fc.asyncProperty(anyRequest, async ({ format, grant, scope, password, inHeader, inForm, more }) => {
        const fields = new URLSearchParams({ grant_type: grant })
        if (scope) fields.append('scope', scope.join(' '))
        if (inForm) fields.append('client_id', clientIds[format])
        if (inForm) fields.append('client_secret', password)
        for (const [name, value] of Object.entries(more)) fields.append(name, value)
        const headers = inHeader ? { authorization: basic(clientIds[format], password) } : {}
        await compare({ body: fields.toString(), headers })
      }),
      { numRuns: 150 },
    )
  })
})
