import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import type { Credentials, SignedIn } from '#test/support/identity.ts'
import { codeOf, createUser, inDatabase, post, postSession, signInAs } from '#test/support/identity.ts'

const flags = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
]

/** Runs in the page: the browser's own WebAuthn, with options and results as JSON (WebAuthn level 3). */
const inPage = {
  create: `async (options) => (await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })).toJSON()`,
  get: `async (options) => (await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })).toJSON()`,
}

describe('passkeys', () => {
  let app: TestApp
  let browser: Browser
  let page: Page
  let authenticatorId: string
  const site = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<p>site</p>'))

  before(async () => {
    await new Promise<void>((resolve) => {
      site.listen(0, '127.0.0.1', resolve)
    })
    const origin = `http://localhost:${(site.address() as AddressInfo).port}`
    app = await startTestApp({ config: { publicUrl: origin } })
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags })
    page = await browser.newPage()
    await page.goto(origin)
    authenticatorId = await addAuthenticator()
  })
  after(async () => {
    await browser.close()
    site.close()
    await app.close()
  })

  async function addAuthenticator(): Promise<string> {
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    const added = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    return added.authenticatorId
  }

  const run = (script: string, options: unknown) =>
    page.evaluate<Record<string, unknown>>(`(${script})(${JSON.stringify(options)})`)
  const optionsOf = async (path: string, request: { token?: string; body?: object }) => {
    const answer = await post(app, `/api/v1/mfa/passkeys/${path}/options`, { body: {}, ...request })
    assert.equal(answer.status, 200, answer.text)
    return (answer.body as { options: { challenge: string } }).options
  }
  const register = async (token: string, name?: string) => {
    const credential = await run(inPage.create, await optionsOf('registration', { token }))
    return post(app, '/api/v1/mfa/passkeys/registration/verify', { token, body: { credential, name } })
  }
  const withPasskey = async () => {
    const user = await createUser(app, ['viewer'])
    const { access_token: token } = await signInAs(app, user)
    const answer = await register(token, 'My laptop')
    assert.equal(answer.status, 201, answer.text)
    return { user, token, registered: answer.body as { id: string; name: string; backup_codes: string[] } }
  }
  const pend = async (user: Credentials) => (await postSession(app, user)).body as SignedIn & { methods: string[] }

  test('registers one as the first second factor, with backup codes', async () => {
    assert.notEqual(authenticatorId, '')
    const { user, token, registered } = await withPasskey()
    assert.equal(registered.name, 'My laptop')
    assert.equal(registered.backup_codes.length, 10)
    const listed = await app.request('/api/v1/mfa/passkeys', { token })
    assert.equal((listed.body as { passkeys: { id: string }[] }).passkeys[0]?.id, registered.id)
    const pending = await pend(user)
    assert.equal(pending.mfa_required, true)
    assert.deepEqual(pending.methods, ['passkey', 'backup_code'])
    const byCode = await signInAs(app, user, { mfa_code: registered.backup_codes[0] ?? '' })
    assert.equal(byCode.mfa_required, false)
  })

  test('finishes a sign-in, once for each challenge and for each pending sign-in', async () => {
    const { user } = await withPasskey()
    const pending = await pend(user)
    const body = { mfa_token: pending.mfa_token }
    const credential = await run(inPage.get, await optionsOf('authentication', { body }))
    const other = await pend(user)
    const stolen = await post(app, '/api/v1/mfa/passkeys/authentication/verify', {
      body: { mfa_token: other.mfa_token, credential },
    })
    assert.equal((stolen.body as { success: boolean }).success, false, 'bound to the sign-in that asked')
    const verify = () => post(app, '/api/v1/mfa/passkeys/authentication/verify', { body: { ...body, credential } })
    const answer = await verify()
    const tokens = answer.body as SignedIn & { success: boolean; method: string }
    assert.deepEqual([tokens.success, tokens.method], [true, 'passkey'], answer.text)
    assert.equal((await app.request('/api/v1/auth/me', { token: tokens.access_token })).status, 200)
    assert.equal(codeOf(await verify()), 'mfa_sign_in_ended')
    const next = await pend(user)
    const replayed = await post(app, '/api/v1/mfa/passkeys/authentication/verify', {
      body: { mfa_token: next.mfa_token, credential },
    })
    assert.equal((replayed.body as { success: boolean }).success, false)
  })

  test('steps a session up, and deletes the last passkey then', async () => {
    const { user, token, registered } = await withPasskey()
    await inDatabase(app, (db) => db.query('update sessions set stepped_up_at = null'))
    const remove = () => app.request(`/api/v1/mfa/passkeys/${registered.id}`, { method: 'DELETE', token })
    assert.equal(codeOf(await remove()), 'step_up_required')
    const credential = await run(inPage.get, await optionsOf('authentication', { token }))
    const proven = await post(app, '/api/v1/mfa/passkeys/authentication/verify', { token, body: { credential } })
    assert.equal((proven.body as { success: boolean }).success, true, proven.text)
    assert.deepEqual((await remove()).body, { success: true, mfa_enabled: false })
    assert.equal((await pend(user)).mfa_required, false)
  })

  test('refuses a registration whose challenge is another session’s, was answered, or has expired', async () => {
    const user = await createUser(app, ['viewer'])
    const [first, second] = [await signInAs(app, user), await signInAs(app, user)]
    const credential = await run(inPage.create, await optionsOf('registration', { token: first.access_token }))
    const send = (token: string) =>
      post(app, '/api/v1/mfa/passkeys/registration/verify', { token, body: { credential } })
    assert.equal(codeOf(await send(second.access_token)), 'passkey_refused')
    await inDatabase(app, (db) => db.query(`update webauthn_challenges set expires_at = now() - interval '1 second'`))
    assert.equal(codeOf(await send(first.access_token)), 'passkey_refused')
  })

  test('refuses an answer that was made for another site', async () => {
    const { user } = await withPasskey()
    const pending = await pend(user)
    const body = { mfa_token: pending.mfa_token }
    const credential = (await run(inPage.get, await optionsOf('authentication', { body }))) as {
      response: { clientDataJSON: string }
    }
    const client = JSON.parse(Buffer.from(credential.response.clientDataJSON, 'base64url').toString()) as object
    credential.response.clientDataJSON = Buffer.from(
      JSON.stringify({ ...client, origin: 'https://evil.example' }),
    ).toString('base64url')
    const answer = await post(app, '/api/v1/mfa/passkeys/authentication/verify', { body: { ...body, credential } })
    assert.equal((answer.body as { success: boolean }).success, false)
  })
})
