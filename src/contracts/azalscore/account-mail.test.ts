import assert from 'node:assert/strict'
import { test } from 'node:test'
import { URI } from 'otpauth'
import type { RequestOptions } from '#test/support/app.ts'
import { createUser, forgetUsedSteps, post, setUpTotp, signInAs } from '#test/support/identity.ts'
import { arrived, startWithMail } from './mail.fixture.ts'

const currentCode = (secret: string) =>
  URI.parse(`otpauth://totp/Clientele:a?secret=${secret}&algorithm=SHA1&digits=6&period=30`).generate()

test('tells a user by e-mail of every change to how he signs in, with the address only if it was his own doing', async (t) => {
  const { app, mails } = await startWithMail(t)
  const user = await createUser(app, ['viewer'])
  const { access_token: token } = await signInAs(app, user)
  const headers = { 'x-forwarded-for': '198.51.100.77' }
  const doing = (path: string, options: RequestOptions = {}) =>
    app.request(path, { method: 'POST', token, headers, ...options })
  let count = 0
  const told = async (french: RegExp, english: RegExp) => {
    const { to, text } = await arrived(mails, ++count)
    assert.deepEqual(to, [user.username])
    assert.match(text, french)
    assert.match(text, english)
    return text
  }

  const newPassword = 'four quite unrelated words'
  const body = { current_password: user.password, new_password: newPassword }
  assert.equal((await doing('/api/v1/auth/password', { method: 'PUT', body })).status, 200)
  const text = await told(/votre mot de passe a été changé/, /your password was changed/)
  const link = 'https://clientele.example.com/console/forgot-password'
  assert.ok(text.includes(link))
  assert.match(text, /depuis l'adresse 198\.51\.100\.77/)
  for (const secret of [user.password, newPassword]) assert.equal(text.includes(secret), false)

  const { secret } = await setUpTotp(app, token, currentCode)
  await told(/une application d’authentification a été ajoutée/, /an authenticator app was added/)
  assert.equal((await doing('/api/v1/mfa/backup-codes', { body: {} })).status, 200)
  await told(/vos codes de secours ont été remplacés/, /your backup codes were replaced/)
  await forgetUsedSteps(app)
  assert.equal((await doing('/api/v1/mfa/totp/disable', { body: { code: currentCode(secret) } })).status, 200)
  await told(/l’application d’authentification a été retirée/, /the authenticator app was removed/)

  const { access_token: administrator } = await signInAs(app)
  const reset = await post(app, `/api/v1/users/${user.id}/mfa/reset`, { token: administrator, headers })
  assert.equal(reset.status, 200, reset.text)
  const byAnother = await told(/retiré par un administrateur/, /taken away by an administrator/)
  assert.match(byAnother, /tell an administrator of your account/)
  for (const absent of ['198.51.100.77', link]) assert.equal(byAnother.includes(absent), false)
})

test('the address of before hears that there is another one, and a link that was on its way to it works no more', async (t) => {
  const { app, mails } = await startWithMail(t)
  const user = await createUser(app, ['viewer'])
  await post(app, '/api/v1/auth/password/forgot', { body: { username: user.username } })
  const link = /#token=([\w-]+)/.exec((await arrived(mails, 1)).text)?.[1]
  const { access_token: administrator } = await signInAs(app)
  const email = 'moved@example.com'
  const moved = await app.request(`/api/v1/users/${user.id}`, {
    method: 'PATCH',
    token: administrator,
    body: { email },
  })
  assert.equal(moved.status, 200, moved.text)
  const told = await arrived(mails, 2)
  assert.deepEqual(told.to, [user.username])
  assert.match(told.text, /another e-mail address was registered by an administrator/)
  assert.equal(told.text.includes(email), false)
  const reset = { token: link, password: 'four quite unrelated words' }
  assert.equal((await post(app, '/api/v1/auth/password/reset', { body: reset })).status, 404)
})

test('says nothing of a change that was refused, or of what a user reads', async (t) => {
  const { app, mails } = await startWithMail(t)
  const user = await createUser(app, ['viewer'])
  const { access_token: token } = await signInAs(app, user)
  const wrong = { current_password: 'not the password', new_password: 'four quite unrelated words' }
  assert.equal((await app.request('/api/v1/auth/password', { method: 'PUT', token, body: wrong })).status, 422)
  await app.request('/api/v1/mfa/methods', { token })
  // What is sent next is the first that is sent.
  const right = { ...wrong, current_password: user.password }
  assert.equal((await app.request('/api/v1/auth/password', { method: 'PUT', token, body: right })).status, 200)
  await arrived(mails, 1)
  assert.equal(mails.length, 1)
})
