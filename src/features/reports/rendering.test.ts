/** What people read: injection in every output, files as other programs see them, limits of the thread. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import ExcelJS from 'exceljs'
import { Database } from '#platform/db/database.ts'
import { withOwner } from '#test/support/owner-query.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { builtInTemplates } from './built-in-templates.ts'
import type { PrintedReport } from './document.ts'
import { contentOf } from './making.ts'
import { Renderer } from './renderer.ts'
import { resolveParameters } from './requests.ts'
import type { CsvOptions, Format } from './schemas.ts'

const nasty = [
  '#panic("typst") *bold* _i_ $x$ `raw` @label #include "/etc/passwd"',
  '<script>alert(1)</script><img src=x onerror=alert(2)>',
  '=HYPERLINK("http://evil.example";"click")',
  '@SUM(A1:A9)',
  '-2+3|cmd',
  '"quoted", and; separated',
  'œuvre €, 中文, \u202e, 👍',
  ']]></t><c r="A9"><f>1+1</f></c>',
]

let testDatabase: TestDatabase
let database: Database
const renderer = new Renderer()
before(async () => {
  testDatabase = await createTestDatabase()
  await withOwner(testDatabase, async (owner) => {
    await owner.query('insert into tenants (id, name) values ($1, $2)', ['t', nasty[1]])
    for (const [i, name] of nasty.entries()) {
      await owner.query(
        `with c as (insert into customers (tenant_id, id, code, name) values ('t', gen_random_uuid(), $1, $2) returning id)
         insert into invoices (tenant_id, id, number, customer_id, invoice_date, currency, status, net_amount, tax_amount, total_amount)
         select 't', gen_random_uuid(), $3, id, '2024-01-10', 'EUR', 'sent', 1234.5, 0, 1234.5 from c`,
        [`C${i}`, name, `${i === 0 ? '=1+1' : 'F'}${i}`],
      )
    }
  })
  database = new Database({ connection: testDatabase.application, poolSize: 2 })
})
after(async () => {
  await renderer.close()
  await database?.end()
  await testDatabase?.drop()
})

async function made(format: Format, csv: CsvOptions = {}, language: 'fr' | 'en' = 'fr'): Promise<Buffer> {
  const content = builtInTemplates.monthly_sales
  const resolved = resolveParameters(content, { month: '2024-01' }, { now: new Date(), timeZone: 'Europe/Paris' })
  const pieces: Buffer[] = []
  const making = {
    tenantId: 't',
    request: { content, format, language, resolved, csv },
    now: new Date('2024-02-01T08:00:00Z'),
    onProgress: async () => {},
    renderer,
  }
  for await (const piece of contentOf({ database }, making)) pieces.push(piece)
  return Buffer.concat(pieces)
}

test('a name that is markup is a name in the pdf, which is tagged and has its title and language', async () => {
  const pdf = await made('pdf')
  const text = pdf.toString('latin1')
  assert.match(text, /\/MarkInfo/)
  assert.match(text, /\/Lang\s*\(fr-FR\)/)
  assert.match(text, /\/StructTreeRoot/)
})

test('texts that the typeface has make an archival pdf (PDF/A-2a)', async () => {
  const pdf = await renderer.render('pdf', printed({ title: 'Ventes – œuvre, 1 234,50 €' }))
  assert.match(Buffer.from(pdf).toString('latin1'), /pdfaid:part>2<[\s\S]*pdfaid:conformance>A</)
})

test('the html holds no element and no attribute that somebody has written, and runs and fetches nothing', async () => {
  const html = (await made('html')).toString()
  assert.doesNotMatch(html, /<script|<img src=x|onerror=alert\(2\)>/)
  assert.match(html, /&#60;script&#62;alert\(1\)/)
  assert.match(html, /http-equiv="Content-Security-Policy" content="default-src 'none'/)
  assert.doesNotMatch(html.replaceAll('http://www.w3.org/', ''), /(src|href)\s*=\s*["']?(https?:)?\/\//)
})

test('csv: formulas are defused, numbers stay numbers, the dialect is that of exports', async () => {
  const lines = (await made('csv')).toString().trimEnd().split('\n')
  assert.equal(lines[0], 'Numéro,Date,Échéance,Client,Statut,HT,TVA,TTC')
  assert.equal(lines.length, nasty.length + 1)
  const text = lines.join('\n')
  assert.match(text, /^'=1\+10,2024-01-10,,/m)
  assert.match(text, /"'=HYPERLINK\(""http:\/\/evil\.example"";""click""\)"/)
  assert.match(text, /'@SUM\(A1:A9\)/)
  assert.match(text, /'-2\+3\|cmd/)
  assert.match(text, /,1234\.50,0\.00,1234\.50$/m)
  const french = (await made('csv', { delimiter: ';', encoding: 'utf-8-bom', decimalMark: ',' })).toString()
  assert.equal(french.charCodeAt(0), 0xfeff)
  assert.match(french, /;1234,50;0,00;1234,50$/m)
})

test('a second library opens the workbook: a sheet for each table, amounts numbers, days dates, no formula', async () => {
  const workbook = new ExcelJS.Workbook()
  await workbook.xlsx.load((await made('excel')) as never)
  assert.deepEqual(
    workbook.worksheets.map((sheet) => sheet.name),
    [
      'Synthèse',
      'Premiers clients',
      'Factures par statut',
      'Douze derniers mois',
      'Factures du mois',
      'Facturé par jour',
    ],
  )
  const sheet = workbook.getWorksheet('Factures du mois')
  const names = new Set<unknown>()
  sheet?.eachRow((row, number) => {
    names.add(row.getCell(4).value)
    if (number === 1) return
    assert.equal(row.getCell(8).value, 1234.5)
    assert.equal((row.getCell(2).value as Date).toISOString(), '2024-01-10T00:00:00.000Z')
    row.eachCell((cell) => assert.equal(cell.type === ExcelJS.ValueType.Formula, false))
  })
  for (const name of nasty) assert.ok(names.has(name), name)
})

function printed(more: Partial<PrintedReport> = {}): PrintedReport {
  return {
    language: 'fr',
    title: 'Rapport',
    tenant: 'Exemple',
    period: 'Janvier 2024',
    details: [],
    made: 'Établi',
    madeAt: 1_700_000_000,
    logo: null,
    words: { page: 'Page', of: 'sur' },
    blocks: [],
    ...more,
  }
}

const columns = [{ label: 'A', align: 'left' as const, wide: true }]

test('a document that takes too long ends with its thread; the next one has a new thread', async () => {
  const hasty = new Renderer({ longestMs: 1 })
  try {
    const rows = Array.from({ length: 2000 }, (_, i) => [`${i}`])
    const table = { type: 'table' as const, title: 'T', columns, rows, note: '' }
    await assert.rejects(hasty.render('pdf', printed({ blocks: [table] })), { code: 'report_render_failed' })
  } finally {
    await hasty.close()
  }
  assert.equal(
    Buffer.from(await renderer.render('pdf', printed()))
      .subarray(0, 5)
      .toString(),
    '%PDF-',
  )
})

test('a logo that is no picture does not keep the report from being made', async () => {
  const logo = { type: 'image/png' as const, base64: Buffer.from('\x89PNG\r\n\x1a\nnothing').toString('base64') }
  const pdf = Buffer.from(await renderer.render('pdf', printed({ logo })))
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
})

test('starting the application loads neither the compiler nor the charts', () => {
  const script = `import { registerHooks } from 'node:module'
    const seen = []
    registerHooks({ resolve(specifier, context, next) { const found = next(specifier, context); seen.push(found.url); return found } })
    await import('#features/reports/index.ts')
    console.log(seen.some((url) => url.includes('/reports/operations.ts')), seen.some((url) => /typst|echarts/.test(url)))
    process.exit()`
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: process.cwd(),
  })
  assert.equal(out.trim(), 'true false')
})
