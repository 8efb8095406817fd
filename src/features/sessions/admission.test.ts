/** A session that was let in once is let in by one row until something about its user or tenant changes. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import type { Seeded, ServicesFixture } from '#platform/operations/services.fixture.ts'
import { openTestServices } from '#platform/operations/services.fixture.ts'

let fixture: ServicesFixture
let tenants = 0

before(async () => {
  fixture = await openTestServices()
})
after(() => fixture.close())

const newTenant = () => fixture.seed(`admission-${++tenants}`)

async function connected(): Promise<pg.Client> {
  const client = new pg.Client(fixture.database.application)
  await client.connect()
  return client
}

const enter = (client: pg.Client | pg.Pool, { tenantId, user }: Seeded) =>
  client.query('select enter_session($1, $2, $3)', [tenantId, user.sessionId, user.accessVersion])

async function admitted({ tenantId, user }: Seeded): Promise<number | null> {
  const [row] = await fixture.rows<{ admitted_version: number | null }>(
    'select admitted_version from sessions where tenant_id = $1 and id = $2',
    [tenantId, user.sessionId],
  )
  return row?.admitted_version ?? null
}

/** Until the server process waits for a lock. */
async function waitsForLock(client: pg.Client): Promise<void> {
  const { processID } = client as unknown as { processID: number }
  for (;;) {
    const [row] = await fixture.rows<{ waits: boolean }>(
      `select wait_event_type = 'Lock' as waits from pg_stat_activity where pid = $1`,
      [processID],
    )
    if (row?.waits) return
  }
}

const changes = {
  'the user is deactivated': `update users set status = 'deactivated' where tenant_id = $1`,
  'what the user may do changes': 'update users set access_version = access_version + 1 where tenant_id = $1',
  'the tenant is suspended': `update tenants set status = 'suspended' where id = $1`,
  'the tenant demands MFA': 'update tenants set mfa_required = true where id = $1',
}

for (const [when, statement] of Object.entries(changes)) {
  test(`an admitted session is refused as soon as ${when}`, async () => {
    const seeded = await newTenant()
    await enter(fixture.services.database.pool, seeded)
    assert.equal(await admitted(seeded), seeded.user.accessVersion)
    await fixture.owner.query(statement, [seeded.tenantId])
    assert.equal(await admitted(seeded), null)
    await assert.rejects(enter(fixture.services.database.pool, seeded), /./)
  })

  test(`it is refused too where it was being admitted while ${when}`, async () => {
    const seeded = await newTenant()
    const [entering, changing] = [await connected(), new pg.Client(fixture.database.owner)]
    await changing.connect()
    try {
      await entering.query('begin')
      await enter(entering, seeded)
      const changed = changing.query(statement, [seeded.tenantId])
      await waitsForLock(changing)
      await entering.query('commit')
      await changed
      await assert.rejects(enter(entering, seeded), /./)
    } finally {
      await entering.end()
      await changing.end()
    }
  })

  test(`nobody is admitted, and nobody waits, while it is not yet certain that ${when}`, async () => {
    const seeded = await newTenant()
    const entering = await connected()
    try {
      await fixture.owner.query('begin')
      await fixture.owner.query(statement, [seeded.tenantId])
      await enter(entering, seeded)
      await fixture.owner.query('commit')
      assert.equal(await admitted(seeded), null)
      await assert.rejects(enter(entering, seeded), /./)
    } finally {
      await entering.end()
    }
  })
}

test('a session of a user without MFA is never admitted where the tenant demands it', async () => {
  const seeded = await newTenant()
  await fixture.owner.query('update tenants set mfa_required = true where id = $1', [seeded.tenantId])
  await assert.rejects(enter(fixture.services.database.pool, seeded), { code: 'CL006' })
  assert.equal(await admitted(seeded), null)
  await fixture.owner.query('update users set mfa_enabled = true where tenant_id = $1', [seeded.tenantId])
  await enter(fixture.services.database.pool, seeded)
  assert.equal(await admitted(seeded), seeded.user.accessVersion)
})

test('a session for one client is never admitted by one row', async () => {
  const { tenantId, clientUid, clientUser } = await newTenant()
  await fixture.services.database.batch([
    {
      text: 'select enter_session($1, $2, $3, $4, false, false, false)',
      values: [tenantId, clientUser.sessionId, clientUser.accessVersion, clientUid],
    },
  ])
  const [row] = await fixture.rows<{ admitted_version: number | null }>(
    'select admitted_version from sessions where tenant_id = $1 and id = $2',
    [tenantId, clientUser.sessionId],
  )
  assert.equal(row?.admitted_version, null)
})
