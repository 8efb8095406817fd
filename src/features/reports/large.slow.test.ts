/** A month of a hundred thousand invoices: memory stays flat; a worker that is killed in the middle loses nothing. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { generateFernetKey } from '#kernel/fernet.ts'
import { writeInTenant } from '#platform/operations/in-tenant.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner, withOwner } from '#test/support/owner-query.ts'
import { fillTenant } from './filled-tenant.fixture.ts'
import { generateReport, renderer, runReport } from './index.ts'
import type { Format } from './schemas.ts'

const tenantId = 'tenant_001'
const invoices = 100_000
const masterKeys = generateFernetKey()
let app: TestApp
before(async () => {
  app = await startTestApp({ config: { masterKeys } })
  await withOwner(app.database, async (owner) => {
    await fillTenant(owner, { tenantId, invoices, customers: 500, days: 31 })
    await owner.query('analyze')
  })
})
after(async () => {
  await renderer.close()
  await app?.close()
})

const asked = (format: Format) =>
  writeInTenant(app.runtime.services, tenantId, (tx) =>
    generateReport(tx, app.runtime.services, {
      tenantId,
      templateId: 'monthly_sales',
      format,
      parameters: { month: '2024-01' },
      requestedBy: { type: 'test' },
    }),
  )

const stateOf = async (id: string) => {
  const [row] = await queryAsOwner<{ status: string; progress: number; attempt: number; file_id: string }>(
    app.database,
    'select status, progress, attempt, file_id from reports where id = $1',
    [id],
  )
  return row
}

async function soldInvoices(): Promise<number> {
  const [row] = await queryAsOwner<{ count: number }>(
    app.database,
    `select count(*)::integer as count from invoices where currency = 'EUR' and status in ('sent', 'paid', 'overdue', 'approved')`,
  )
  return row?.count ?? 0
}

async function contentOf(fileId: string): Promise<Buffer> {
  const opened = await app.runtime.services.files.open(tenantId, fileId)
  const pieces: Buffer[] = []
  for await (const piece of opened?.content ?? []) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** What it takes at most beside what there was, in megabytes. */
async function memoryOf(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss()
  let peak = before
  const watching = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 20)
  try {
    await work()
  } finally {
    clearInterval(watching)
  }
  return Math.round((peak - before) / 1024 ** 2)
}

for (const [format, most] of [
  // All rows at once would be more than 100 MB as objects alone; a document has its compiler beside it.
  ['csv', 100],
  ['excel', 100],
  ['html', 400],
  ['pdf', 400],
] as const) {
  test(`${format} of ${invoices} invoices in constant memory`, async () => {
    const { id } = await asked(format)
    const taken = await memoryOf(() => runReport(app.runtime.services, { tenantId, reportId: id }))
    assert.ok(taken < most, `${taken} MB`)
    const state = await stateOf(id)
    assert.equal(state?.status, 'ready')
    if (format === 'csv') {
      const lines = (await contentOf(state.file_id)).reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0)
      assert.equal(lines, (await soldInvoices()) + 1)
    }
    if (format === 'html')
      assert.match(
        (await contentOf(state.file_id)).toString(),
        new RegExp(`500 lignes sur ${new Intl.NumberFormat('fr').format(await soldInvoices())}`),
      )
  })
}

test('kill -9 in the middle: another worker makes the report again, whole', async () => {
  const { id } = await asked('excel')
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'making.fixture.ts'), tenantId, id], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      DATABASE_URL: app.database.applicationUrl,
      DATABASE_OWNER_URL: app.database.ownerUrl,
      CLIENTELE_MASTER_KEYS: masterKeys,
      CLIENTELE_RATE_LIMITS: 'off',
    },
  })
  const ended = once(child, 'exit')
  try {
    const deadline = Date.now() + 60_000
    for (;;) {
      const state = await stateOf(id)
      if (state?.status === 'running' && state.progress > 0) break
      assert.ok(Date.now() < deadline && child.exitCode === null, `never in the middle: ${JSON.stringify(state)}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  } finally {
    child.kill('SIGKILL')
    await ended
  }
  assert.deepEqual((await stateOf(id))?.status, 'running')
  await runReport(app.runtime.services, { tenantId, reportId: id })
  const state = await stateOf(id)
  assert.equal(state?.status, 'ready')
  assert.equal(state?.attempt, 2)
})
