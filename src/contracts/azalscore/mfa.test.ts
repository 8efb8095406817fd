import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TOTP } from 'otpauth'
import { URI } from 'otpauth'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import type { Credentials, SignedIn } from '#test/support/identity.ts'
import {
  codeOf,
  createUser,
  forgetUsedSteps,
  inDatabase,
  post,
  postSession,
  setUpTotp,
  signInAs,
} from '#test/support/identity.ts'
import { modulesOfPng, modulesOfText } from '#test/support/qr.ts'

/** What an authenticator shows, from the QR code's content. */
function currentCode(secret: string, offsetSteps = 0): string {
  const scanned = URI.parse(uriOf('someone@example.com', secret)) as TOTP
  return scanned.generate({ timestamp: Date.now() + offsetSteps * 30_000 })
}

function uriOf(account: string, secret: string): string {
  const label = `Clientele:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?issuer=Clientele&secret=${secret}&algorithm=SHA1&digits=6&period=30`
}

const wrongCode = (secret: string) => (currentCode(secret) === '000000' ? '111111' : '000000')

describe('MFA', () => {
  let app: TestApp

  before(async () => {
    app = await startTestApp({ config: { trustProxy: ['127.0.0.1'] } })
  })
  after(() => app.close())

  const withTotp = async (roles = ['viewer']) => {
    const user = await createUser(app, roles)
    const session = await signInAs(app, user)
    const totp = await setUpTotp(app, session.access_token, currentCode)
    return { user, session, ...totp }
  }
  /** With an address of its own, so that the tests' wrong codes do not slow each other down. */
  const from = (address: string) => ({ 'x-forwarded-for': address })
  const pend = async (user: Credentials, address: string) => {
    const answer = await postSession(app, user, { from: address })
    assert.equal(answer.status, 200, answer.text)
    return answer.body as SignedIn
  }
  const verify = (address: string, body: object, token?: string): Promise<Answer> =>
    post(app, '/api/v1/mfa/verify', { body, headers: from(address), ...(token ? { token } : {}) })
  const succeeded = (answer: Answer) => (answer.body as { success: boolean }).success

  test('draws a QR code that holds exactly the otpauth URI of the secret', async () => {
    const user = await createUser(app, ['viewer'])
    const { access_token } = await signInAs(app, user)
    const answer = await post(app, '/api/v1/mfa/totp/setup', { token: access_token })
    const { secret, qr_code, backup_codes } = answer.body as { secret: string; qr_code: string; backup_codes: string[] }
    assert.deepEqual(modulesOfPng(qr_code), modulesOfText(uriOf(user.username, secret)))
    assert.match(secret, /^[A-Z2-7]{32}$/)
    assert.equal(new Set(backup_codes).size, 10)
    for (const code of backup_codes) assert.match(code, /^[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}$/)
  })

  test('is in force after the first code, not before', async () => {
    const user = await createUser(app, ['viewer'])
    const { access_token: token } = await signInAs(app, user)
    const noSetUp = await post(app, '/api/v1/mfa/totp/activate', { token, body: { code: '123456' } })
    assert.equal(codeOf(noSetUp), 'mfa_not_set_up')
    const { secret } = (await post(app, '/api/v1/mfa/totp/setup', { token })).body as { secret: string }
    assert.equal((await signInAs(app, user)).mfa_required, false)
    const wrong = await post(app, '/api/v1/mfa/totp/activate', { token, body: { code: wrongCode(secret) } })
    assert.deepEqual([wrong.status, codeOf(wrong)], [422, 'mfa_code_wrong'])
    const body = { code: currentCode(secret) }
    assert.equal((await post(app, '/api/v1/mfa/totp/activate', { token, body })).status, 200)
    const pending = await signInAs(app, user)
    assert.equal(pending.mfa_required, true)
    assert.equal('access_token' in pending || 'session_id' in pending, false)
    assert.equal(codeOf(await post(app, '/api/v1/mfa/totp/setup', { token })), 'mfa_already_active')
  })

  test('finishes a sign-in with the mfa_token and a code', async () => {
    const { user, secret } = await withTotp()
    const pending = await pend(user, '198.51.100.1')
    await forgetUsedSteps(app)
    const body = { user_id: pending.user_id, code: currentCode(secret), method: 'totp', mfa_token: pending.mfa_token }
    const answer = await verify('198.51.100.1', body)
    const tokens = answer.body as SignedIn & { success: boolean; method: string; verified_at: string }
    assert.deepEqual([tokens.success, tokens.method], [true, 'totp'])
    assert.match(tokens.verified_at, /Z$/)
    assert.equal((await app.request('/api/v1/sessions', { token: tokens.access_token })).status, 200)
    assert.equal(codeOf(await verify('198.51.100.1', body)), 'mfa_sign_in_ended')
  })

  test('signs in with the code in the same request, with a backup code too, each once', async () => {
    const { user, secret, backupCodes } = await withTotp()
    await forgetUsedSteps(app)
    const code = currentCode(secret)
    assert.equal((await signInAs(app, user, { mfa_code: code })).mfa_required, false)
    const replayed = await postSession(app, user, { mfa_code: code })
    assert.deepEqual([replayed.status, codeOf(replayed)], [401, 'mfa_code_refused'])
    const backup = (backupCodes[3] ?? '').toLowerCase().replaceAll('-', ' ')
    assert.equal((await signInAs(app, user, { mfa_code: backup })).mfa_required, false)
    assert.equal(codeOf(await postSession(app, user, { mfa_code: backup })), 'mfa_code_refused')
  })

  test('takes a code in the two groups that authenticators show it in', async () => {
    const { user, secret } = await withTotp()
    await forgetUsedSteps(app)
    const code = currentCode(secret)
    const inGroups = `${code.slice(0, 3)} ${code.slice(3)}`
    assert.equal((await postSession(app, user, { mfa_code: inGroups, from: '198.51.100.31' })).status, 200)
    assert.equal(codeOf(await postSession(app, user, { mfa_code: code, from: '198.51.100.31' })), 'mfa_code_refused')
  })

  test('accepts the step before and after the present one, and none twice or older', async () => {
    const { user, secret } = await withTotp()
    await forgetUsedSteps(app)
    await signInAs(app, user, { mfa_code: currentCode(secret, -1) })
    await signInAs(app, user, { mfa_code: currentCode(secret, 1) })
    // Right for its step, but a later one has been used.
    assert.equal(codeOf(await postSession(app, user, { mfa_code: currentCode(secret) })), 'mfa_code_refused')
    await forgetUsedSteps(app)
    assert.equal(codeOf(await postSession(app, user, { mfa_code: currentCode(secret, -3) })), 'mfa_code_refused')
  })

  test('lets one of twenty simultaneous requests use a code', async () => {
    const { user, secret } = await withTotp()
    await forgetUsedSteps(app)
    const mfa_code = currentCode(secret)
    const answers = await Promise.all(Array.from({ length: 20 }, () => postSession(app, user, { mfa_code })))
    assert.equal(answers.filter((one) => one.status === 200).length, 1)
  })

  test('ends a pending sign-in after five wrong codes', async () => {
    const { user, secret } = await withTotp()
    await forgetUsedSteps(app)
    const address = '198.51.100.2'
    const pending = await pend(user, address)
    const body = { user_id: pending.user_id, method: 'totp', mfa_token: pending.mfa_token }
    for (let i = 0; i < 5; i++) {
      const wrong = await verify(address, { ...body, code: wrongCode(secret) })
      assert.deepEqual(wrong.body, { success: false, method: 'totp', verified_at: null })
    }
    assert.equal(codeOf(await verify(address, { ...body, code: currentCode(secret) })), 'mfa_sign_in_ended')
  })

  test('judges few of 1,000 wrong codes, and lets the user in from where he is known all the while', async () => {
    const { user, secret } = await withTotp()
    await forgetUsedSteps(app)
    let judged = 0
    const pending = Array.from({ length: 1_000 }, (_, i) => i)
    const worker = async () => {
      for (let i = pending.pop(); i !== undefined; i = pending.pop()) {
        const answer = await postSession(app, user, { mfa_code: wrongCode(secret), from: `203.0.113.${i % 4}` })
        if (answer.status !== 429) judged++
        else assert.ok(Number(answer.headers.get('retry-after')) >= 1)
      }
    }
    await Promise.all(Array.from({ length: 8 }, worker))
    assert.ok(judged <= 60, `${judged} of 1,000 wrong codes were judged`)
    assert.equal((await signInAs(app, user, { mfa_code: currentCode(secret) })).mfa_required, false)
  })

  test("answers the document's own call for a sign-in pending from the same address only", async () => {
    const { user, secret } = await withTotp()
    await forgetUsedSteps(app)
    const address = '198.51.100.3'
    const body = { user_id: user.id, code: currentCode(secret), method: 'totp' }
    assert.equal(succeeded(await verify(address, body)), false, 'nothing is pending')
    await pend(user, address)
    assert.equal(succeeded(await verify('198.51.100.4', body)), false, 'pending from elsewhere')
    const answer = await verify(address, body)
    assert.deepEqual(Object.keys(answer.body).sort(), ['method', 'success', 'verified_at'])
    assert.equal(succeeded(answer), true)
    assert.equal(succeeded(await verify(address, body)), false, 'a code works once')
    const finished = await postSession(app, user, { from: address, mfa_code: body.code })
    assert.equal(finished.status, 200, 'the code that was proven finishes the sign-in')
    assert.equal((await postSession(app, user, { from: address, mfa_code: body.code })).status, 401, 'once')
  })

  test('tells FactPulse callers that a code is needed, and takes it', async () => {
    const { user, secret } = await withTotp()
    await forgetUsedSteps(app)
    const body = { username: user.username, password: user.password }
    const without = await post(app, '/api/token/', { body })
    assert.equal(without.status, 401)
    assert.equal((without.body as { errorCode: string }).errorCode, 'MFA_REQUIRED')
    const answer = await post(app, '/api/token/', { body: { ...body, mfa_code: currentCode(secret) } })
    assert.equal(answer.status, 200)
  })

  test('asks for a step-up before what is dangerous, ten minutes after the last one', async () => {
    const { user, session, secret } = await withTotp(['owner'])
    const client_uid = await app.createClient()
    await forgetUsedSteps(app)
    const client = await signInAs(app, user, { client_uid, mfa_code: currentCode(secret) })
    await inDatabase(app, (db) => db.query(`update sessions set stepped_up_at = now() - interval '11 minutes'`))
    const remove = () => app.request('/api/v1/clients/me', { method: 'DELETE', token: client.access_token })
    const refused = await remove()
    assert.equal(refused.status, 403, refused.text)
    assert.match(refused.text, /Prove your second factor again/)
    const codes = await post(app, '/api/v1/mfa/backup-codes', { token: session.access_token, body: {} })
    assert.equal(codeOf(codes), 'step_up_required')
    const move = { method: 'PATCH', token: session.access_token, body: { email: 'moved-by-thief@example.com' } }
    assert.equal(codeOf(await app.request(`/api/v1/users/${user.id}`, move)), 'step_up_required')
    const token = client.access_token
    await forgetUsedSteps(app)
    const body = { user_id: user.id, code: currentCode(secret), method: 'totp' }
    const foreign = await verify('198.51.100.5', { ...body, user_id: 'user_other' }, token)
    assert.equal(succeeded(foreign), false)
    assert.equal(succeeded(await verify('198.51.100.5', body, token)), true)
    assert.equal((await remove()).status, 200)
  })

  test('lists the methods as the document does, and counts backup codes down', async () => {
    const { user, session, backupCodes } = await withTotp()
    await signInAs(app, user, { mfa_code: backupCodes[0] ?? '' })
    const answer = await app.request('/api/v1/mfa/methods', { token: session.access_token })
    const { methods } = answer.body as { methods: { type: string; configured_at?: string }[] }
    assert.match(methods[0]?.configured_at ?? '', /Z$/)
    delete methods[0]?.configured_at
    assert.deepEqual(methods, [
      { type: 'totp', enabled: true },
      { type: 'backup_codes', enabled: true, remaining_codes: 9 },
    ])
  })

  test('replaces backup codes and turns off with a fresh code', async () => {
    const { user, session, secret, backupCodes } = await withTotp()
    const token = session.access_token
    await forgetUsedSteps(app)
    const code = currentCode(secret)
    const renewed = await post(app, '/api/v1/mfa/backup-codes', { token, body: { code } })
    assert.equal((renewed.body as { backup_codes: string[] }).backup_codes.length, 10)
    assert.equal(codeOf(await postSession(app, user, { mfa_code: backupCodes[0] ?? '' })), 'mfa_code_refused')
    const replayed = await post(app, '/api/v1/mfa/totp/disable', { token, body: { code } })
    assert.equal(codeOf(replayed), 'mfa_code_wrong')
    await forgetUsedSteps(app)
    const off = await post(app, '/api/v1/mfa/totp/disable', { token, body: { code: currentCode(secret) } })
    assert.deepEqual(off.body, { success: true, mfa_enabled: false })
    assert.equal((await signInAs(app, user)).mfa_required, false)
  })

  test('lets an administrator help who has lost his phone, not somebody above him', async () => {
    const { user, session } = await withTotp()
    const admin = await signInAs(app, await createUser(app, ['admin']))
    const reset = (id: string, token: string) => post(app, `/api/v1/users/${id}/mfa/reset`, { token })
    assert.equal((await reset(user.id, session.access_token)).status, 403)
    assert.equal((await reset(user.id, admin.access_token)).status, 200)
    assert.equal((await app.request('/api/v1/sessions', { token: session.access_token })).status, 401)
    assert.equal((await signInAs(app, user)).mfa_required, false)
    const owner = await createUser(app, ['owner'])
    assert.equal(codeOf(await reset(owner.id, admin.access_token)), 'mfa_user_above_caller')
    assert.equal(codeOf(await reset('user_nobody', admin.access_token)), 'mfa_user_not_found')
  })

  test('stores neither secret nor codes in the clear', async () => {
    const { secret, backupCodes } = await withTotp()
    const dump = await inDatabase(app, async (client) => {
      const [totp, codes] = [await client.query('table totp_authenticators'), await client.query('table backup_codes')]
      return JSON.stringify([totp.rows, codes.rows.map((row) => (row as { code_hash: Buffer }).code_hash.toString())])
    })
    assert.equal(dump.includes(secret), false)
    assert.equal(dump.includes(backupCodes[0] ?? ''), false)
    assert.equal(app.logs.join('').includes(secret), false)
  })
})

describe('a tenant that demands MFA', () => {
  test('lets who has none set it up and end sessions, and nothing else, from the next request on', async (t) => {
    const app = await startTestApp()
    t.after(() => app.close())
    const owner = await signInAs(app)
    const user = await createUser(app, ['operator'])
    const { access_token: token } = await signInAs(app, user)
    assert.equal((await app.request('/api/v1/clients', { token })).status, 200)
    const demand = await app.request('/api/v1/tenant', {
      method: 'PATCH',
      token: owner.access_token,
      body: { mfa_required: true },
    })
    assert.equal(demand.status, 200)
    const refused = await app.request('/api/v1/clients', { token })
    assert.deepEqual([refused.status, /MFA_SETUP_REQUIRED/.test(refused.text)], [403, true])
    assert.equal((await app.request('/api/v1/sessions', { token })).status, 200)
    const me = (await app.request('/api/v1/auth/me', { token })).body as { mfa: { setup_required: boolean } }
    assert.equal(me.mfa.setup_required, true)
    const { secret } = await setUpTotp(app, token, currentCode)
    assert.equal((await app.request('/api/v1/clients', { token })).status, 200)
    await forgetUsedSteps(app)
    const off = await post(app, '/api/v1/mfa/totp/disable', { token, body: { code: currentCode(secret) } })
    assert.deepEqual([off.status, codeOf(off)], [409, 'mfa_demanded'])
  })
})
