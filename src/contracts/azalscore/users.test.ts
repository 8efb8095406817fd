import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { URI } from 'otpauth'
import type { Answer, TestApp } from '#test/support/app.ts'
import { firstAdministrator, startTestApp } from '#test/support/app.ts'
import { codeOf, createUser, post, postSession, setUpTotp, signInAs } from '#test/support/identity.ts'

const currentCode = (secret: string) =>
  URI.parse(`otpauth://totp/Clientele:a?secret=${secret}&algorithm=SHA1&digits=6&period=30`).generate()

describe('users and roles', () => {
  let app: TestApp
  let owner: string

  before(async () => {
    app = await startTestApp()
    owner = (await signInAs(app)).access_token
  })
  after(() => app.close())

  const patch = (path: string, token: string, body: object) => app.request(path, { method: 'PATCH', token, body })
  const outcome = (answer: Answer) => [answer.status, codeOf(answer)]
  const asRole = async (...roles: string[]) => {
    const user = await createUser(app, roles, owner)
    return { ...user, token: (await signInAs(app, user)).access_token }
  }
  const ownerId = async () => {
    const me = (await app.request('/api/v1/auth/me', { token: owner })).body as { user: { id: string } }
    return me.user.id
  }

  test('tells who is calling, with the permissions of the roles', async () => {
    const user = await asRole('viewer')
    const me = (await app.request('/api/v1/auth/me', { token: user.token })).body as {
      user: object
      tenant: object
      permissions: string[]
      mfa: object
    }
    assert.deepEqual(me.user, {
      id: user.id,
      email: user.username,
      display_name: (me.user as { display_name: string }).display_name,
      roles: ['viewer'],
    })
    assert.deepEqual(me.tenant, { id: 'tenant_001', name: 'First tenant', mfa_required: false })
    assert.ok(me.permissions.includes('client:view') && !me.permissions.includes('client:create'))
    assert.deepEqual(me.mfa, { enabled: false, setup_required: false, verified_at: null })
  })

  test('finds users by a part of the name or the address, in any case, and by their state', async () => {
    const user = await asRole('viewer')
    const found = async (query: string) => {
      const answer = await app.request(`/api/v1/users?${query}`, { token: owner })
      assert.equal(answer.status, 200, answer.text)
      return (answer.body as { users: { id: string }[] }).users.map((one) => one.id)
    }
    const [name = ''] = user.username.split('@')
    assert.deepEqual(await found(`search=${name.toUpperCase()}`), [user.id])
    assert.deepEqual(await found(`search=${name}&status=active`), [user.id])
    assert.deepEqual(await found(`search=${name}&status=deactivated`), [])
    assert.deepEqual(await found('search=%25'), [], 'what a pattern would mean is text')
    assert.deepEqual(await found(`ids=nobody,${user.id}`), [user.id])
    for (const ids of ['', 'a,', '%00', 'a%20b'])
      assert.equal((await app.request(`/api/v1/users?ids=${ids}`, { token: owner })).status, 422, ids)
    assert.equal((await app.request('/api/v1/users?search=%20', { token: owner })).status, 422)
  })

  test('pages through the users and shows one', async () => {
    const user = await asRole('viewer')
    const first = (await app.request('/api/v1/users?limit=1', { token: owner })).body as {
      users: { id: string; email: string }[]
      next_after: string
    }
    assert.equal(first.users[0]?.email, firstAdministrator)
    const next = (await app.request(`/api/v1/users?after=${first.next_after}`, { token: owner })).body as typeof first
    assert.ok(next.users.some((one) => one.id === user.id))
    assert.equal(
      next.users.some((one) => one.id === first.users[0]?.id),
      false,
    )
    assert.equal((await app.request(`/api/v1/users/${user.id}`, { token: user.token })).status, 200)
    assert.equal(codeOf(await app.request('/api/v1/users/user_nobody', { token: owner })), 'user_not_found')
  })

  test('changes rights at the next request', async () => {
    const user = await asRole('viewer')
    const create = () => app.request('/api/v1/clients', { method: 'POST', token: user.token, body: { name: user.id } })
    assert.equal((await create()).status, 403)
    assert.equal((await patch(`/api/v1/users/${user.id}`, owner, { roles: ['operator'] })).status, 200)
    assert.equal((await create()).status, 201)
  })

  test('ends a deactivated user at once; reactivated, he signs in again', async () => {
    const user = await asRole('viewer')
    const answer = await patch(`/api/v1/users/${user.id}`, owner, { status: 'deactivated' })
    assert.equal((answer.body as { status: string }).status, 'deactivated')
    assert.equal((await app.request('/api/v1/auth/me', { token: user.token })).status, 401)
    assert.equal(codeOf(await postSession(app, user)), 'sign_in_refused')
    await patch(`/api/v1/users/${user.id}`, owner, { status: 'active' })
    assert.equal((await app.request('/api/v1/auth/me', { token: user.token })).status, 401)
    assert.equal((await postSession(app, user)).status, 200)
  })

  test('gives nobody more than the giver has', async () => {
    const admin = await asRole('admin')
    const body = (roles: string[]) => ({
      email: `more-${roles.join('')}@example.com`,
      display_name: 'More',
      password: 'three unrelated words',
      roles,
    })
    const create = (roles: string[]) => post(app, '/api/v1/users', { token: admin.token, body: body(roles) })
    assert.deepEqual(outcome(await create(['owner'])), [403, 'role_exceeds_own'])
    assert.equal((await create(['admin'])).status, 201)
    assert.deepEqual(outcome(await create(['no-such-role'])), [422, 'user_role_unknown'])
    assert.deepEqual(outcome(await create(['constructor'])), [422, 'user_role_unknown'])
    const self = await patch(`/api/v1/users/${admin.id}`, admin.token, { roles: ['admin', 'owner'] })
    assert.deepEqual(outcome(self), [403, 'role_exceeds_own'])
  })

  test('lets nobody change somebody above him', async () => {
    const admin = await asRole('admin')
    for (const body of [{ display_name: 'Mine' }, { roles: ['viewer'] }, { status: 'deactivated' }]) {
      const answer = await patch(`/api/v1/users/${await ownerId()}`, admin.token, body)
      assert.deepEqual(outcome(answer), [403, 'user_above_caller'])
    }
  })

  test('never takes the last active owner away, not even by two owners at once', async () => {
    const id = await ownerId()
    assert.deepEqual(outcome(await patch(`/api/v1/users/${id}`, owner, { roles: ['admin'] })), [409, 'last_owner'])
    assert.deepEqual(outcome(await patch(`/api/v1/users/${id}`, owner, { status: 'deactivated' })), [409, 'last_owner'])
    const second = await asRole('owner')
    const answers = await Promise.all([
      patch(`/api/v1/users/${second.id}`, owner, { roles: ['viewer'] }),
      patch(`/api/v1/users/${id}`, second.token, { roles: ['viewer'] }),
    ])
    assert.equal(answers.filter((one) => one.status === 200).length, 1)
    // Whoever is left makes the first administrator the owner again, for the other tests.
    const left = answers[0]?.status === 200 ? owner : second.token
    await patch(`/api/v1/users/${id}`, left, { roles: ['owner'] })
    await patch(`/api/v1/users/${second.id}`, owner, { roles: ['viewer'] })
  })

  test("has the tenant's own roles, in force at once for all who have them", async () => {
    const body = { name: 'support', description: 'Looks and creates', permissions: ['client:view'] }
    assert.equal((await post(app, '/api/v1/roles', { token: owner, body })).status, 201)
    assert.deepEqual(outcome(await post(app, '/api/v1/roles', { token: owner, body })), [409, 'role_name_taken'])
    const user = await asRole('support')
    const create = () => app.request('/api/v1/clients', { method: 'POST', token: user.token, body: { name: user.id } })
    assert.equal((await create()).status, 403)
    const changed = await patch('/api/v1/roles/support', owner, { permissions: ['client:view', 'client:create'] })
    assert.equal(changed.status, 200)
    assert.equal((await create()).status, 201)
    const remove = () => app.request('/api/v1/roles/support', { method: 'DELETE', token: owner })
    assert.deepEqual(outcome(await remove()), [409, 'role_in_use'])
    await patch(`/api/v1/users/${user.id}`, owner, { roles: ['viewer'] })
    assert.equal((await remove()).status, 200)
    assert.deepEqual(outcome(await remove()), [404, 'role_not_found'])
  })

  test('refuses roles that exceed their maker, unknown permissions, and changes of built-in roles', async () => {
    const permissions = ['role:manage', 'role:view', 'user:create', 'user:view', 'user:update']
    await post(app, '/api/v1/roles', { token: owner, body: { name: 'people', permissions } })
    const manager = await asRole('people')
    const make = (name: string, wanted: string[]) =>
      post(app, '/api/v1/roles', { token: manager.token, body: { name, permissions: wanted } })
    assert.deepEqual(outcome(await make('more', ['client:delete'])), [403, 'role_exceeds_own'])
    assert.deepEqual(outcome(await make('all', ['*'])), [422, 'permission_unknown'])
    assert.deepEqual(outcome(await make('owner', ['user:view'])), [409, 'role_name_taken'])
    const grown = await patch('/api/v1/roles/people', manager.token, { permissions: [...permissions, 'client:view'] })
    assert.deepEqual(outcome(grown), [403, 'role_exceeds_own'])
    assert.deepEqual(outcome(await patch('/api/v1/roles/viewer', owner, { permissions: [] })), [409, 'role_built_in'])
    await post(app, '/api/v1/roles', { token: owner, body: { name: 'above', permissions: ['client:delete'] } })
    const above = await patch('/api/v1/roles/above', manager.token, { permissions: [] })
    assert.deepEqual(outcome(above), [403, 'role_exceeds_own'])
  })

  test('another e-mail address: by somebody who could reset the password too, never by the user himself', async () => {
    const [user, other] = [await asRole('viewer'), await asRole('viewer')]
    await post(app, '/api/v1/roles', { token: owner, body: { name: 'namer', permissions: ['user:update'] } })
    const namer = await createUser(app, ['namer'], owner)
    const { access_token: weak } = await signInAs(app, namer)
    const move = (id: string, token: string, email: string) => patch(`/api/v1/users/${id}`, token, { email })
    const another = await createUser(app, ['namer'], owner)
    assert.deepEqual(outcome(await move(another.id, weak, 'moved@example.com')), [403, 'permission_missing'])
    const myself = await move(await ownerId(), owner, 'mine@example.com')
    assert.deepEqual(outcome(myself), [403, 'permission_missing'])
    const administrator = await asRole('admin')
    const above = await move(await ownerId(), administrator.token, 'above@example.com')
    assert.deepEqual(outcome(above), [403, 'user_above_caller'])
    const taken = await move(user.id, owner, other.username.toUpperCase())
    assert.deepEqual(outcome(taken), [409, 'user_email_taken'])

    const moved = await move(user.id, owner, 'Moved@Example.com')
    assert.deepEqual([moved.status, (moved.body as { email: string }).email], [200, 'Moved@Example.com'])
    assert.equal((await postSession(app, user)).status, 401)
    assert.equal((await postSession(app, { ...user, username: 'moved@example.com' })).status, 200)
    assert.equal((await app.request('/api/v1/auth/me', { token: user.token })).status, 200)
  })

  test("changes one's own password: other sessions end, this one stays", async () => {
    const user = await asRole('viewer')
    const other = await signInAs(app, user)
    const change = (current: string, next: string) =>
      app.request('/api/v1/auth/password', {
        method: 'PUT',
        token: user.token,
        body: { current_password: current, new_password: next },
      })
    assert.deepEqual(outcome(await change('wrong', 'four quite unrelated words')), [422, 'current_password_wrong'])
    assert.deepEqual(outcome(await change(user.password, 'password1234')), [422, 'password_too_common'])
    assert.equal((await change(user.password, 'four quite unrelated words')).status, 200)
    assert.equal((await app.request('/api/v1/auth/me', { token: user.token })).status, 200)
    assert.equal((await app.request('/api/v1/auth/me', { token: other.access_token })).status, 401)
    assert.equal((await postSession(app, user)).status, 401)
    assert.equal((await postSession(app, { ...user, password: 'four quite unrelated words' })).status, 200)
  })

  test('a sign-in that waits for its second factor ends with the password it began with', async () => {
    const user = await asRole('viewer')
    const { backupCodes } = await setUpTotp(app, user.token, currentCode)
    const pending = await signInAs(app, user)
    const body = { current_password: user.password, new_password: 'four quite unrelated words' }
    const changed = await app.request('/api/v1/auth/password', { method: 'PUT', token: user.token, body })
    assert.equal(changed.status, 200, changed.text)
    const { user_id, mfa_token } = pending
    const proof = { user_id, code: backupCodes[0], method: 'backup_code', mfa_token }
    assert.deepEqual(outcome(await post(app, '/api/v1/mfa/verify', { body: proof })), [401, 'mfa_sign_in_ended'])
  })
})
