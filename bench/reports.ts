/**
 * Measures reports in one run: node bench/reports.ts [--reports N] [--invoices N]
 * What the figures mean: docs/performance-reports.md.
 */
import os from 'node:os'
import { parseArgs } from 'node:util'
import { builtInTemplates } from '#features/reports/built-in-templates.ts'
import { fillTenant } from '#features/reports/filled-tenant.fixture.ts'
import { contentOf } from '#features/reports/making.ts'
import { renderer } from '#features/reports/renderer.ts'
import { resolveParameters } from '#features/reports/requests.ts'
import type { Format } from '#features/reports/schemas.ts'
import { Database } from '#platform/db/database.ts'
import { withOwner } from '#test/support/owner-query.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { median } from './statistics.ts'

const { values } = parseArgs({
  options: { reports: { type: 'string', default: '200' }, invoices: { type: 'string', default: '100000' } },
})
const [reports, invoices] = [values.reports, values.invoices].map(Number) as [number, number]

const testDatabase = await createTestDatabase()
await withOwner(testDatabase, async (owner) => {
  await owner.query(
    "insert into tenants (id, name) values ('usual', 'Conserverie de l’Atlantique'), ('large', 'Large')",
  )
  await fillTenant(owner, { tenantId: 'usual', invoices: 2000, customers: 60 })
  await fillTenant(owner, { tenantId: 'large', invoices, customers: 2000, days: 31 })
  await owner.query('analyze')
})
const database = new Database({ connection: testDatabase.application, poolSize: 2 })

async function made(tenantId: string, format: Format, month: string) {
  const content = builtInTemplates.monthly_sales
  const resolved = resolveParameters(content, { month }, { now: new Date(), timeZone: 'Europe/Paris' })
  const request = { content, format, language: 'fr' as const, resolved, csv: {} }
  const started = performance.now()
  let bytes = 0
  let pages = 0
  let peak = 0
  for await (const piece of contentOf(
    { database },
    { tenantId, request, now: new Date(), onProgress: async () => {} },
  )) {
    bytes += piece.length
    if (format === 'pdf') pages = piece.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  return { ms: performance.now() - started, bytes, pages, peak }
}

const megabytes = (bytes: number) => Math.round(bytes / 1024 ** 2)

console.log(`${os.cpus().length} cores, Node ${process.version}, ${new Date().toISOString()}`)
console.log(`rss before the first document: ${megabytes(process.memoryUsage.rss())} MB`)
const first = await made('usual', 'pdf', '2024-03')
console.log(`first document, with the start of its thread: ${Math.round(first.ms)} ms, ${first.pages} pages`)
const times: number[] = []
// Of all threads: on a machine that others use as well it says more than the clock.
const used = process.cpuUsage()
const memory: { documents: number; rss_mb: number; heap_mb: number }[] = []
for (let n = 1; n <= reports; n++) {
  const month = `2024-${String(1 + (n % 12)).padStart(2, '0')}`
  times.push((await made('usual', 'pdf', month)).ms)
  if (n % Math.max(1, Math.floor(reports / 8)) === 0) {
    const { rss, heapUsed } = process.memoryUsage()
    memory.push({ documents: n, rss_mb: megabytes(rss), heap_mb: megabytes(heapUsed) })
  }
}
const { user, system } = process.cpuUsage(used)
const sorted = times.toSorted((a, b) => a - b)
console.log(
  `pdf of ${first.pages} pages with 3 charts, ${reports} times: median ${Math.round(median(times))} ms, 95 % ${Math.round(sorted[Math.floor(reports * 0.95)] ?? 0)} ms; processor ${Math.round((user + system) / 1000 / reports)} ms each`,
)
console.table(memory)
await renderer.close()
for (const format of ['csv', 'excel', 'html', 'pdf'] as const) {
  const large = await made('large', format, '2024-01')
  console.log(
    `${format} of a month with ${invoices} invoices: ${Math.round(large.ms)} ms, ${megabytes(large.bytes)} MB, rss at most ${megabytes(large.peak)} MB`,
  )
}
await renderer.close()
await database.end()
await testDatabase.drop()
