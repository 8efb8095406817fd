import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { codeOf, createUser, inDatabase, post, postSession, signInAs } from '#test/support/identity.ts'
import type { Mails } from './mail.fixture.ts'
import { arrived, startWithMail } from './mail.fixture.ts'

async function nextMail(mails: Mails, count: number) {
  const { to, text } = await arrived(mails, count)
  const link = /https:\/\/clientele\.example\.com\/console\/([a-z-]+)#token=([\w-]+)/.exec(text)
  assert.ok(link, text)
  return { to, text, page: link[1], token: link[2] ?? '' }
}

const viewLink = (app: TestApp, token: string) => post(app, '/api/v1/auth/links/view', { body: { token } })

const accept = (app: TestApp, token: string, password = 'three unrelated words') =>
  post(app, '/api/v1/auth/invitations/accept', { body: { token, password, display_name: 'Invited' } })

test('invites by e-mail in French and English with a link that works once', async (t) => {
  const { app, mails } = await startWithMail(t)
  const { access_token: token } = await signInAs(app)
  const body = { email: 'invited@example.com', roles: ['operator'] }
  const invited = await post(app, '/api/v1/users/invitations', { token, body })
  assert.equal(invited.status, 201, invited.text)
  const mail = await nextMail(mails, 1)
  assert.deepEqual([mail.to, mail.page], [['invited@example.com'], 'accept-invitation'])
  assert.match(mail.text, /Choisissez votre mot de passe/)
  assert.match(mail.text, /Choose your password/)
  assert.match(mail.text, /^(\S.*) vous invite à rejoindre « (.+) » sur Clientele/m)
  const [, who, company] = /^(\S.*) invites you to join "(.+)" on Clientele/m.exec(mail.text) ?? []
  assert.deepEqual((await viewLink(app, mail.token)).body, {
    kind: 'invitation',
    email: 'invited@example.com',
    tenant_name: company,
    invited_by: who,
  })
  assert.equal(codeOf(await accept(app, mail.token, 'short')), 'password_too_short')
  assert.equal((await accept(app, mail.token)).status, 201)
  assert.equal(codeOf(await accept(app, mail.token)), 'one_time_link_invalid')
  assert.equal(codeOf(await viewLink(app, mail.token)), 'one_time_link_invalid')
  const user = { username: 'invited@example.com', password: 'three unrelated words' }
  const session = await signInAs(app, user)
  const me = (await app.request('/api/v1/auth/me', { token: session.access_token })).body as {
    user: { roles: string[] }
  }
  assert.deepEqual(me.user.roles, ['operator'])
  assert.equal(codeOf(await post(app, '/api/v1/users/invitations', { token, body })), 'user_email_taken')
  const stored = await inDatabase(app, (db) => db.query('select token_hash::text from invitations'))
  assert.equal(JSON.stringify(stored.rows).includes(mail.token), false)
  assert.equal(app.logs.join('').includes(mail.token), false)
})

test('an invitation ends when it is replaced, withdrawn, too old, or its sender has lost his rights', async (t) => {
  const { app, mails } = await startWithMail(t)
  const { access_token: owner } = await signInAs(app)
  let count = 0
  const invite = async (token: string, email: string, roles = ['viewer']) => {
    const answer = await post(app, '/api/v1/users/invitations', { token, body: { email, roles } })
    assert.equal(answer.status, 201, answer.text)
    return { id: (answer.body as { id: string }).id, ...(await nextMail(mails, ++count)) }
  }
  const replaced = await invite(owner, 'a@example.com')
  const fresh = await invite(owner, 'A@example.com')
  assert.equal(codeOf(await accept(app, replaced.token)), 'one_time_link_invalid')
  await app.request(`/api/v1/users/invitations/${fresh.id}`, { method: 'DELETE', token: owner })
  assert.equal(codeOf(await accept(app, fresh.token)), 'one_time_link_invalid')

  const old = await invite(owner, 'b@example.com')
  await inDatabase(app, (db) => db.query(`update invitations set expires_at = now() - interval '1 second'`))
  assert.equal(codeOf(await accept(app, old.token)), 'one_time_link_invalid')

  const admin = await createUser(app, ['admin'])
  const { access_token } = await signInAs(app, admin)
  const tooMuch = await post(app, '/api/v1/users/invitations', {
    token: access_token,
    body: { email: 'c@example.com', roles: ['owner'] },
  })
  assert.equal(codeOf(tooMuch), 'role_exceeds_own')
  const orphan = await invite(access_token, 'c@example.com', ['admin'])
  await app.request(`/api/v1/users/${admin.id}`, { method: 'PATCH', token: owner, body: { roles: ['viewer'] } })
  assert.equal(codeOf(await accept(app, orphan.token)), 'one_time_link_invalid')
})

test('resets a password by e-mail: same answer for every name, link works once, all sessions end', async (t) => {
  const { app, mails } = await startWithMail(t)
  const user = await createUser(app, ['viewer'])
  const session = await signInAs(app, user)
  const forgot = (username: string) => post(app, '/api/v1/auth/password/forgot', { body: { username } })
  const answers = [await forgot('nobody@example.com'), await forgot(user.username)]
  assert.deepEqual(
    answers.map((one) => [one.status, one.text]),
    [
      [202, '{"success":true,"mail_configured":true}'],
      [202, '{"success":true,"mail_configured":true}'],
    ],
  )
  const mail = await nextMail(mails, 1)
  assert.deepEqual([mail.to, mail.page, mails.length], [[user.username], 'reset-password', 1])
  const reset = (password: string) =>
    post(app, '/api/v1/auth/password/reset', { body: { token: mail.token, password } })
  assert.equal(codeOf(await reset('password1234')), 'password_too_common')
  const { email, kind } = (await viewLink(app, mail.token)).body as { email: string; kind: string }
  assert.deepEqual([kind, email], ['password_reset', user.username])
  const done = await reset('four quite unrelated words')
  assert.deepEqual([done.status, done.body], [200, { success: true, email: user.username }])
  assert.equal(codeOf(await viewLink(app, mail.token)), 'one_time_link_invalid')
  assert.equal(codeOf(await reset('five very unrelated words')), 'one_time_link_invalid')
  assert.equal((await app.request('/api/v1/auth/me', { token: session.access_token })).status, 401)
  assert.equal((await postSession(app, user)).status, 401)
  assert.equal((await postSession(app, { ...user, password: 'four quite unrelated words' })).status, 200)
})

test('a password link ends after an hour, and with another change of the password', async (t) => {
  const { app, mails } = await startWithMail(t)
  const user = await createUser(app, ['viewer'])
  const forgot = () => post(app, '/api/v1/auth/password/forgot', { body: { username: user.username } })
  await forgot()
  const old = await nextMail(mails, 1)
  await inDatabase(app, (db) => db.query(`update password_resets set expires_at = now() - interval '1 second'`))
  const reset = (token: string) =>
    post(app, '/api/v1/auth/password/reset', { body: { token, password: 'four quite unrelated words' } })
  assert.equal(codeOf(await reset(old.token)), 'one_time_link_invalid')
  assert.equal(codeOf(await viewLink(app, old.token)), 'one_time_link_invalid')
  await forgot()
  const { token } = await nextMail(mails, 2)
  const { access_token } = await signInAs(app, user)
  await app.request('/api/v1/auth/password', {
    method: 'PUT',
    token: access_token,
    body: { current_password: user.password, new_password: 'six entirely unrelated words' },
  })
  assert.equal(codeOf(await reset(token)), 'one_time_link_invalid')
})

test('says clearly that the platform cannot send e-mail, and never logs a link', async (t) => {
  const app = await startTestApp()
  t.after(() => app.close())
  const { access_token: token } = await signInAs(app)
  const answer = await post(app, '/api/v1/users/invitations', {
    token,
    body: { email: 'invited@example.com', roles: ['viewer'] },
  })
  assert.deepEqual([answer.status, codeOf(answer)], [503, 'mail_not_configured'])
  assert.match(answer.text, /CLIENTELE_MAIL/)
  const forgot = await post(app, '/api/v1/auth/password/forgot', { body: { username: 'admin@example.com' } })
  assert.deepEqual([forgot.status, forgot.body], [202, { success: true, mail_configured: false }])
  assert.equal(/#token=/.test(app.logs.join('')), false)
})

test('who invites reads what the mail provider answered when it refuses', async (t) => {
  const { app, sink } = await startWithMail(t)
  sink.refuse = () => Object.assign(new Error('5.7.1 Relaying denied'), { responseCode: 550 })
  const { access_token: token } = await signInAs(app)
  const body = { email: 'invited@example.com', roles: ['viewer'] }
  const answer = await post(app, '/api/v1/users/invitations', { token, body })
  assert.deepEqual([answer.status, codeOf(answer)], [502, 'mail_not_accepted'])
  assert.match(answer.text, /Relaying denied/)
})
