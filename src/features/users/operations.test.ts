import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTenant } from '#features/tenants/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { ServicesFixture } from '#platform/operations/services.fixture.ts'
import { openTestServices, origin } from '#platform/operations/services.fixture.ts'
import { createUser, resetPassword, verifyPassword } from './index.ts'

let fixture: ServicesFixture
before(async () => {
  fixture = await openTestServices()
  for (const tenant of ['one', 'two']) {
    await runForResult(fixture.services, createTenant, { name: tenant }, asOperator(tenant))
  }
})
after(() => fixture.close())

const asOperator = (tenantId: string) => ({ actor: { kind: 'system', tenantId, name: 'test' } as const, origin })
const password = 'correct horse battery'

type Fields = { email?: string; displayName?: string; password?: string; roles?: string[] }
let users = 0
function create(fields: Fields = {}, tenant = 'one') {
  const user = { email: `user${++users}@example.com`, displayName: 'Somebody', password, roles: ['viewer'], ...fields }
  return runForResult(fixture.services, createUser, user, asOperator(tenant))
}
const hashOf = async (id: string) =>
  (await fixture.rows<{ password_hash: string }>('select password_hash from users where id = $1', [id]))[0]
    ?.password_hash ?? ''

describe('passwords', () => {
  const refusals: Record<string, string> = {
    short: 'password_too_short',
    'eleven char': 'password_too_short',
    '😀😀😀😀😀😀😀😀😀😀😀': 'password_too_short',
    password1234: 'password_too_common',
    QwertyQwerty: 'password_too_common',
    ['x'.repeat(257)]: 'password_too_long',
  }
  for (const [text, code] of Object.entries(refusals)) {
    test(`"${text.slice(0, 20)}" is ${code}, for a new user and for a reset, without being repeated`, async () => {
      const { id, email } = await create()
      const before = await hashOf(id)
      for (const attempt of [
        () => create({ password: text }),
        () => runForResult(fixture.services, resetPassword, { email, password: text }, asOperator('one')),
      ]) {
        await assert.rejects(attempt, (error: Error & { code?: string }) => {
          assert.equal(error.code, code)
          return !error.message.includes(text)
        })
      }
      assert.equal(await hashOf(id), before)
    })
  }

  test('are kept as argon2id with its parameters, salted: equal passwords have different hashes', async () => {
    const [first, second] = [await hashOf((await create()).id), await hashOf((await create()).id)]
    for (const hash of [first, second]) assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.notEqual(first, second)
    assert.equal(await verifyPassword(first, password), true)
    assert.equal(await verifyPassword(first, `${password} `), false)
    assert.equal(await verifyPassword(null, 'the decoy is nobody\u2019s password'), false)
  })

  test('typed composed or decomposed are the same', async () => {
    const { id } = await create({ password: 'un été à la plage' })
    assert.equal(await verifyPassword(await hashOf(id), 'un e\u0301te\u0301 a\u0300 la plage'), true)
  })

  test('stand in no audit event and no log line', async () => {
    await create({ password: 'a marked password kqzx7341vwjy' })
    const found = await fixture.rows(
      `select 1 from audit_events a where a::text like '%kqzx7341vwjy%' or a::text like '%argon2%'`,
    )
    assert.deepEqual(found, [])
    assert.ok(!JSON.stringify(fixture.logged).includes('kqzx7341vwjy'))
  })
})

describe('users', () => {
  test('an address is taken in its tenant in any case, not in another', async () => {
    await create({ email: 'Rene.Durand@example.com' })
    for (const email of ['rene.durand@EXAMPLE.com', 'RENE.DURAND@example.com']) {
      await assert.rejects(create({ email }), { code: 'user_email_taken' })
    }
    await create({ email: 'Rene.Durand@example.com' }, 'two')
  })

  test('unknown roles are named and refused, names that every object has among them', async () => {
    for (const role of ['root', 'constructor', '__proto__']) {
      await assert.rejects(create({ roles: ['viewer', role] }), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'user_role_unknown')
        return error.message.includes(role)
      })
    }
  })

  test('a reset of an unknown user is refused, also when another tenant has it', async () => {
    const { email } = await create({}, 'two')
    const reset = runForResult(fixture.services, resetPassword, { email, password }, asOperator('one'))
    await assert.rejects(reset, { code: 'user_not_found' })
  })

  test('a reset lets a deactivated user in again, under a new access version', async () => {
    const { id, email } = await create()
    await fixture.owner.query(`update users set status = 'deactivated' where id = $1`, [id])
    await runForResult(fixture.services, resetPassword, { email, password }, asOperator('one'))
    assert.deepEqual(await fixture.rows('select status, access_version from users where id = $1', [id]), [
      { status: 'active', access_version: 2 },
    ])
  })
})
