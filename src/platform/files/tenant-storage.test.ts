/** How much the files of a tenant may have together: counted by the database, exact also when many come at once. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { UnitOfWork } from '../db/unit-of-work.ts'
import type { ServicesFixture } from '../operations/services.fixture.ts'
import { openTestServices } from '../operations/services.fixture.ts'
import { uploadChunkBytes as chunkBytes } from './file-writer.ts'
import { FileStore } from './index.ts'

let fixture: ServicesFixture
before(async () => {
  fixture = await openTestServices()
})
after(() => fixture.close())

const storeWithRoomFor = (tenantBytes: number) =>
  new FileStore({ ...fixture.services, maxBytes: 10 * chunkBytes, tenantBytes, scanner: null })

async function* whole(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

let tenants = 0
async function newTenant(): Promise<string> {
  const tenantId = `storing-${++tenants}`
  await fixture.seed(tenantId)
  return tenantId
}

const counted = async (tenantId: string) => {
  const [row] = await fixture.rows<{ counted: string; there: string }>(
    `select coalesce((select used_bytes from tenant_storage where tenant_id = $1), 0) as counted,
            (select coalesce(sum(size), 0) from files where tenant_id = $1) as there`,
    [tenantId],
  )
  assert.equal(row?.counted, row?.there, 'what is counted is what is there')
  return Number(row?.counted)
}

const full = { code: 'storage_full', kind: 'conflict' }

test('takes files until the last byte of room, refuses the one that is a byte too large, and keeps nothing of it', async () => {
  const tenantId = await newTenant()
  const files = storeWithRoomFor(1000)
  await files.write(tenantId, whole(randomBytes(400)))
  await assert.rejects(files.write(tenantId, whole(randomBytes(601))), full)
  assert.equal(await counted(tenantId), 400)
  await files.write(tenantId, whole(randomBytes(600)))
  await files.write(tenantId, whole(Buffer.alloc(0)))
  await assert.rejects(files.write(tenantId, whole(randomBytes(1))), full)
  assert.equal(await counted(tenantId), 1000)
  const [{ n } = { n: 0 }] = await fixture.rows<{ n: number }>(
    'select count(*)::int as n from files where tenant_id = $1 and size is null',
    [tenantId],
  )
  assert.equal(n, 0)
})

test('of twelve files at once with room for five exactly five are taken, in small files and in large ones', async () => {
  for (const size of [500, chunkBytes + 5]) {
    const tenantId = await newTenant()
    const files = storeWithRoomFor(5 * size + 4)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, () => files.write(tenantId, whole(randomBytes(size)))),
    )
    const refused = outcomes.filter((one) => one.status === 'rejected')
    for (const { reason } of refused) assert.equal((reason as { code: string }).code, 'storage_full')
    assert.equal(refused.length, 7)
    assert.equal(await counted(tenantId), 5 * size)
  }
})

test('a large file is refused as soon as it is more than there is room for, not at its end', async () => {
  const tenantId = await newTenant()
  let sent = 0
  const source = async function* () {
    for (; sent < 10; sent++) yield randomBytes(chunkBytes)
  }
  await assert.rejects(storeWithRoomFor(2 * chunkBytes).write(tenantId, source()), full)
  assert.ok(sent <= 5, `${sent} pieces were asked for`)
  assert.equal(await counted(tenantId), 0)
})

test('room comes back when a file is removed, discarded, deleted with its owner or because it has expired', async () => {
  const tenantId = await newTenant()
  const files = storeWithRoomFor(10_000)
  const [removed, discarded, owned, expired] = await Promise.all(
    [1000, 2000, 3000, 4000].map((size) => files.write(tenantId, whole(randomBytes(size)))),
  )
  assert.ok(removed && discarded && owned && expired)
  const entrance = { text: 'select enter_tenant($1)', values: [tenantId] }
  const unit = new UnitOfWork(fixture.services.database, 'write', entrance)
  await files.remove(unit.tx, tenantId, removed.id)
  await files.keep(unit.tx, tenantId, owned.id)
  await unit.complete()
  assert.equal(await counted(tenantId), 9000)
  await files.discard(tenantId, discarded.id)
  assert.equal(await counted(tenantId), 7000)
  await fixture.owner.query(`update files set expires_at = now() - interval '1 s' where id = $1`, [expired.id])
  await fixture.services.database.platformRead('select delete_expired_files(5000)')
  assert.equal(await counted(tenantId), 3000)
  await fixture.owner.query('delete from files where tenant_id = $1', [tenantId])
  assert.equal(await counted(tenantId), 0)
  await files.write(tenantId, whole(randomBytes(10_000)))
})

test("a tenant's own limit is in force instead of the platform's; another tenant's files do not count", async () => {
  const [mine, other] = [await newTenant(), await newTenant()]
  const files = storeWithRoomFor(1000)
  await fixture.owner.query('insert into tenant_storage (tenant_id, own_limit_bytes) values ($1, 1500), ($2, 0)', [
    mine,
    other,
  ])
  await files.write(mine, whole(randomBytes(1500)))
  await assert.rejects(files.write(mine, whole(randomBytes(1))), full)
  await assert.rejects(files.write(other, whole(randomBytes(1))), full)
  await files.write(await newTenant(), whole(randomBytes(1000)))
})

test('the application cannot change what is counted', async () => {
  const tenantId = await newTenant()
  await storeWithRoomFor(1000).write(tenantId, whole(randomBytes(10)))
  const entrance = { text: 'select enter_tenant($1)', values: [tenantId] }
  const tampering = { text: 'update tenant_storage set used_bytes = 0 where tenant_id = $1', values: [tenantId] }
  await assert.rejects(fixture.services.database.batch([entrance, tampering]), /permission denied/)
})
