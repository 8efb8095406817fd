import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTenant } from '#features/tenants/index.ts'
import { createUser, resetPassword } from '#features/users/index.ts'
import { anonymous } from '#platform/operations/actor.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { ServicesFixture } from '#platform/operations/services.fixture.ts'
import { openTestServices, origin } from '#platform/operations/services.fixture.ts'
import type { Tokens } from './index.ts'
import { actorOfAccessToken, refreshSession, signIn, signOut } from './index.ts'

let fixture: ServicesFixture
const password = 'correct horse battery'
const accessLifetimeSeconds = 600

before(async () => {
  fixture = await openTestServices()
  await fixture.services.signingKeys.ensureCurrent()
})
after(() => fixture.close())

const asOperator = (tenantId: string) => ({ actor: { kind: 'system', tenantId, name: 'test' } as const, origin })

async function makeTenant(tenantId: string): Promise<void> {
  await runForResult(fixture.services, createTenant, { name: tenantId }, asOperator(tenantId))
}

async function makeUser(tenantId: string, email: string, own = password): Promise<string> {
  const user = { email, displayName: 'Somebody', password: own, roles: ['viewer'] }
  return (await runForResult(fixture.services, createUser, user, asOperator(tenantId))).id
}

/** Each call from an address of its own: refused ones would make the next from the same address wait. */
let addresses = 0
const fromAnywhere = () => ({
  actor: anonymous,
  origin: { ...origin, ipAddress: `198.51.${addresses >> 8}.${addresses++ & 255}` },
})
type More = { password?: string; tenantId?: string; clientUid?: string }
async function enter(username: string, more: More = {}): Promise<Tokens> {
  const input = { username, password, accessLifetimeSeconds, mayPend: false, ...more }
  const result = await runForResult(fixture.services, signIn, input, fromAnywhere())
  assert.equal(result.outcome, 'signed_in')
  return (result as { tokens: Tokens }).tokens
}
const tokensOf = (refreshToken: string) =>
  runForResult(fixture.services, refreshSession, { refreshToken, accessLifetimeSeconds }, fromAnywhere())

const reset = (email: string, to: string) =>
  runForResult(fixture.services, resetPassword, { email, password: to }, asOperator('reset'))

const refused = { code: 'sign_in_refused' }
const claimsOf = async (accessToken: string) => actorOfAccessToken(fixture.services, accessToken)

describe('one address in several tenants', () => {
  test('signs in where the password fits, and in the tenant that is named', async () => {
    const tenants = ['s1', 's2', 's3']
    for (const tenant of tenants) {
      await makeTenant(tenant)
      await makeUser(tenant, 'many@example.com', `${password} of ${tenant}`)
    }
    for (const tenant of tenants) {
      const own = `${password} of ${tenant}`
      assert.equal((await claimsOf((await enter('many@example.com', { password: own })).accessToken)).tenantId, tenant)
      await enter('many@example.com', { password: own, tenantId: tenant })
      for (const elsewhere of tenants.filter((one) => one !== tenant)) {
        await assert.rejects(enter('many@example.com', { password: own, tenantId: elsewhere }), refused)
      }
    }
  })

  test('a tenant that is named is found, in however many others the address is', async () => {
    const tenants = Array.from({ length: 5 }, (_, i) => `crowd-${i}`)
    for (const tenant of tenants) {
      await makeTenant(tenant)
      await makeUser(tenant, 'crowd@example.com')
    }
    for (const tenantId of tenants) {
      const { accessToken } = await enter('crowd@example.com', { tenantId })
      assert.equal((await claimsOf(accessToken)).tenantId, tenantId)
    }
  })

  test('being deactivated in one does not keep the user out of another', async () => {
    for (const tenant of ['left', 'stayed']) {
      await makeTenant(tenant)
      await makeUser(tenant, 'left@example.com')
    }
    await fixture.owner.query(`update users set status = 'deactivated' where tenant_id = 'left'`)
    assert.equal((await claimsOf((await enter('left@example.com')).accessToken)).tenantId, 'stayed')
    await assert.rejects(enter('left@example.com', { tenantId: 'left' }), refused)
    await fixture.owner.query(`update tenants set status = 'suspended' where id = 'stayed'`)
    await assert.rejects(enter('left@example.com'), refused)
  })
})

describe('a refused sign-in', () => {
  test('takes as long for an unknown user as for a wrong password', async () => {
    await makeTenant('timing')
    await makeUser('timing', 'known@example.com')
    const time = async (username: string) => {
      // Processor time, hashing included: what else the machine does is no part of it.
      const before = process.cpuUsage()
      await assert.rejects(enter(username, { password: 'wrong password wrong' }), refused)
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    await time('unknown@example.com')
    const [known, unknown]: [number[], number[]] = [[], []]
    // In turns, so that what else the machine does falls on both.
    for (let i = 0; i < 15; i++) {
      known.push(await time('known@example.com'))
      unknown.push(await time('unknown@example.com'))
    }
    const median = (times: number[]) => times.sort((a, b) => a - b)[7] ?? 0
    const ratio = median(unknown) / median(known)
    assert.ok(ratio > 0.5 && ratio < 2, `unknown users take ${ratio.toFixed(2)} times as long`)
  })

  test('is recorded in the tenant of the user or the one that was named, and tells nobody else', async () => {
    await makeTenant('recorded')
    const userId = await makeUser('recorded', 'recorded@example.com')
    await assert.rejects(enter('recorded@example.com', { password: 'wrong' }), refused)
    await assert.rejects(enter('nobody@example.com', { tenantId: 'recorded' }), refused)
    await assert.rejects(enter('nobody@example.com', { tenantId: 'no such tenant' }), refused)
    await assert.rejects(enter('nobody@example.com'), refused)
    const events = await fixture.rows(
      `select target_id, actor->>'type' as actor from audit_events where tenant_id = 'recorded' and action = 'login_failure' order by id`,
    )
    assert.deepEqual(events, [
      { target_id: userId, actor: 'anonymous' },
      { target_id: null, actor: 'anonymous' },
    ])
    assert.deepEqual(await fixture.rows(`select 1 from audit_events where tenant_id = 'no such tenant'`), [])
  })
})

describe('sessions', () => {
  test('five at each level: the sixth ends the oldest, also when they begin at the same moment', async () => {
    await makeTenant('five')
    await makeUser('five', 'five@example.com')
    const all = await Promise.all(Array.from({ length: 8 }, () => enter('five@example.com')))
    const live = await fixture.rows(`select id from sessions where tenant_id = 'five' and revoked_at is null`)
    assert.equal(live.length, 5)
    const ended = all.filter((one) => !live.some((row) => row.id === one.sessionId))
    for (const one of ended) await assert.rejects(tokensOf(one.refreshToken), { code: 'refresh_token_invalid' })
  })

  test('end with a reset password, which only the new password outlives', async () => {
    await makeTenant('reset')
    await makeUser('reset', 'reset@example.com')
    const { accessToken, refreshToken } = await enter('reset@example.com')
    const actor = await claimsOf(accessToken)
    const next = 'another horse another battery'
    await reset('RESET@example.com', next)
    await assert.rejects(runForResult(fixture.services, signOut, {}, { actor, origin }), { code: 'session_ended' })
    await assert.rejects(tokensOf(refreshToken), { code: 'refresh_token_invalid' })
    await assert.rejects(enter('reset@example.com'), refused)
    await enter('reset@example.com', { password: next })
  })

  test('one that was about to begin when the password was reset does not begin', async () => {
    await makeUser('reset', 'race@example.com')
    const overtaken: typeof signIn = {
      ...signIn,
      perform: async (...args) => {
        const performed = await signIn.perform?.(...args)
        await reset('race@example.com', 'another horse another battery')
        return performed
      },
    }
    const input = { username: 'race@example.com', password, mayPend: false, accessLifetimeSeconds }
    await assert.rejects(runForResult(fixture.services, overtaken, input, fromAnywhere()), refused)
    assert.deepEqual(
      await fixture.rows(`select 1 from sessions s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
        where u.email = 'race@example.com'`),
      [],
    )
  })

  test('a refresh token of a deactivated user or a suspended tenant is worth nothing', async () => {
    await makeTenant('gone')
    await makeUser('gone', 'gone@example.com')
    const { refreshToken } = await enter('gone@example.com')
    await fixture.owner.query(`update users set status = 'deactivated' where tenant_id = 'gone'`)
    await assert.rejects(tokensOf(refreshToken), { code: 'refresh_token_invalid' })
    await fixture.owner.query(`update users set status = 'active' where tenant_id = 'gone'`)
    await fixture.owner.query(`update tenants set status = 'suspended' where id = 'gone'`)
    await assert.rejects(tokensOf(refreshToken), { code: 'refresh_token_invalid' })
    await fixture.owner.query(`update tenants set status = 'active' where id = 'gone'`)
    await tokensOf(refreshToken)
  })

  test('tokens are in the database as hashes only', async () => {
    await makeTenant('hashes')
    await makeUser('hashes', 'hashes@example.com')
    const { refreshToken, accessToken } = await enter('hashes@example.com')
    for (const table of ['refresh_tokens', 'sessions', 'audit_events']) {
      const found = await fixture.rows(
        `select 1 from ${table} t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0`,
        [refreshToken, accessToken],
      )
      assert.deepEqual(found, [], table)
    }
  })
})
