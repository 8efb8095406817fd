/** Exports as their users see them, by HTTP and by a worker. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import ExcelJS from 'exceljs'
import { firstTenant } from '#src/bootstrap.ts'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'

let app: TestApp
let token: string
before(async () => {
  app = await startTestApp()
  token = await app.signIn()
  for (const [code, name] of [
    ['C1', 'Société "Été" & fils'],
    ['=1+1', '@SUM(A1:A2)'],
    ['C3', 'deux\nlignes; <b>'],
    ['-3', '+33 6 12 34 56 78'],
  ]) {
    await app.request('/api/v1/customers', { method: 'POST', token, body: { code, name: name?.replace('\n', ' ') } })
    if (name?.includes('\n'))
      await queryAsOwner(app.database, 'update customers set name = $1 where code = $2', [name, code])
  }
})
after(() => app.close())

type Body = { export_id: string; status: string; download_url: string; file_size: number; rows_written: number }

async function exported(body: object): Promise<Body> {
  const answer = await app.request('/api/v1/export', { method: 'POST', token, body })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

async function bytesOf(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(app.url + path, { headers: { authorization: `Bearer ${token}`, ...headers } })
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}

const two = { entity_type: 'customers', columns: ['code', 'name'], order: [{ column: 'code' }] }

test('a small export is ready at once, and its formulas are defused while numbers stay numbers', async () => {
  const made = await exported({ ...two, format: 'csv' })
  assert.equal(made.status, 'ready')
  assert.equal(made.rows_written, 4)
  const { bytes, headers } = await bytesOf(made.download_url)
  assert.equal(bytes.length, made.file_size)
  assert.match(headers.get('content-type') ?? '', /^text\/csv; charset=utf-8/)
  assert.match(headers.get('content-disposition') ?? '', /^attachment; filename="customers-\d{8}-\d{6}\.csv"$/)
  assert.deepEqual(bytes.toString().split('\n').slice(0, 3), [
    'code,name',
    '-3,+33 6 12 34 56 78',
    "'=1+1,'@SUM(A1:A2)",
  ])
})

test('options: delimiter, mark of the encoding, windows-1252, decimal comma', async () => {
  const marked = await exported({ ...two, format: 'csv', options: { delimiter: ';', encoding: 'utf-8-bom' } })
  const { bytes } = await bytesOf(marked.download_url)
  assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf])
  assert.match(bytes.toString(), /"deux\nlignes; <b>"/)
  const latin = await exported({ ...two, format: 'csv', options: { encoding: 'windows-1252' } })
  assert.ok((await bytesOf(latin.download_url)).bytes.includes(Buffer.from('Soci\xe9t\xe9', 'latin1')))
  const [{ id = '' } = {}] = await queryAsOwner<{ id: string }>(
    app.database,
    `select id from customers where code = 'C1'`,
  )
  const invoice = { number: 'F1', customer_id: id, date: '2024-01-15', net_amount: '1234.50', tax_amount: '0' }
  assert.equal((await app.request('/api/v1/invoices', { method: 'POST', token, body: invoice })).status, 201)
  const documented = {
    entity_type: 'invoices',
    filters: { date_from: '2024-01-01', date_to: '31/01/2024', status: 'draft' },
    columns: ['number', 'date', 'client', 'amount'],
  }
  const french = await exported({ ...documented, format: 'csv', options: { delimiter: ';', decimal_separator: ',' } })
  assert.equal(
    (await bytesOf(french.download_url)).bytes.toString(),
    'number;date;client;amount\nF1;2024-01-15;"Société ""Été"" & fils";1234,50\n',
  )
  const none = await exported({ ...documented, format: 'jsonl', filters: { status: ['paid', 'sent'] } })
  assert.equal((await bytesOf(none.download_url)).bytes.length, 0)
})

test('json is one array, jsonl an object a line, and both have every value as it is', async () => {
  const json = JSON.parse((await bytesOf((await exported({ ...two, format: 'json' })).download_url)).bytes.toString())
  const text = (await bytesOf((await exported({ ...two, format: 'jsonl' })).download_url)).bytes.toString()
  assert.deepEqual(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    json,
  )
  assert.deepEqual(json[3], { code: 'C3', name: 'deux\nlignes; <b>' })
})

test('a second library opens the workbook: texts are texts, amounts numbers, days dates', async () => {
  const read = async (wanted: object) => {
    const { bytes } = await bytesOf((await exported({ ...wanted, format: 'excel' })).download_url)
    const workbook = new ExcelJS.Workbook()
    await workbook.xlsx.load(bytes as never)
    return workbook.worksheets[0]
  }
  const sheet = await read(two)
  assert.equal(sheet?.name, 'customers')
  assert.deepEqual(
    [1, 2].map((n) => sheet?.getRow(1).getCell(n).value),
    ['code', 'name'],
  )
  assert.deepEqual(
    [1, 2].map((n) => sheet?.getRow(3).getCell(n).value),
    ['=1+1', '@SUM(A1:A2)'],
  )
  assert.equal(sheet?.getRow(5).getCell(2).value, 'deux\nlignes; <b>')
  const invoices = await read({ entity_type: 'invoices', columns: ['number', 'date', 'amount', 'due_date', 'note'] })
  const row = invoices?.getRow(2)
  assert.equal(row?.getCell(3).value, 1234.5)
  assert.deepEqual(row?.getCell(2).value, new Date('2024-01-15T00:00:00Z'))
})

test('what the entity does not have is named, all of it, and nothing is exported', async () => {
  const body = {
    entity_type: 'customers',
    format: 'csv',
    columns: ['code', 'secret'],
    filters: { nothing: 1, is_active: 'no' },
    order: [{ column: 'x' }],
  }
  const answer = await app.request('/api/v1/export', { method: 'POST', token, body })
  assert.equal(answer.status, 422)
  const { details } = (answer.body as { error: { details: { field: string }[] } }).error
  assert.deepEqual(
    details.map(({ field }) => field),
    ['body.columns.1', 'body.order.0.column', 'body.filters.nothing', 'body.filters.is_active'],
  )
  const quoted = { ...two, format: 'csv', filters: { code: `'; drop table customers; --` } }
  assert.equal((await exported(quoted)).rows_written, 0)
})

test('a download goes on where it broke off, as long as it is the same file', async () => {
  const { download_url: url } = await exported({ ...two, format: 'json' })
  const whole = await bytesOf(url)
  const etag = whole.headers.get('etag') ?? ''
  assert.equal(etag, `"${createHash('sha256').update(whole.bytes).digest('hex')}"`)
  const part = await bytesOf(url, { range: 'bytes=10-19', 'if-range': etag })
  assert.equal(part.status, 206)
  assert.equal(part.headers.get('content-range'), `bytes 10-19/${whole.bytes.length}`)
  assert.deepEqual(part.bytes, whole.bytes.subarray(10, 20))
  assert.deepEqual((await bytesOf(url, { range: 'bytes=-5' })).bytes, whole.bytes.subarray(-5))
  assert.equal((await bytesOf(url, { range: 'bytes=10-', 'if-range': '"another"' })).status, 200)
  assert.equal((await bytesOf(url, { 'if-none-match': etag })).status, 304)
  const beyond = await bytesOf(url, { range: 'bytes=999999-' })
  assert.equal(beyond.status, 416)
  assert.equal(beyond.headers.get('content-range'), `bytes */${whole.bytes.length}`)
})

async function ended(id: string): Promise<Body> {
  for (;;) {
    const answer = await app.request(`/api/v1/export/${id}`, { token })
    if (!['pending', 'running'].includes((answer.body as Body).status)) return answer.body
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test('a large export is a job: with progress, cancelled before it is made, or made by a worker', async () => {
  await queryAsOwner(
    app.database,
    `insert into customers (tenant_id, id, code, name) select $1, gen_random_uuid(), 'L' || n, 'Client ' || n from generate_series(1, 6000) n`,
    [firstTenant],
  )
  const body = { entity_type: 'customers', format: 'csv', order: [{ column: 'code', direction: 'desc' }] }
  const [kept, dropped] = await Promise.all(
    [1, 2].map(() => app.request('/api/v1/export', { method: 'POST', token, body })),
  )
  assert.equal(kept?.status, 202)
  const [{ export_id: id, status }, { export_id: other }] = [kept?.body, dropped?.body] as unknown as [Body, Body]
  assert.equal(status, 'pending')
  assert.equal((await app.request(`/api/v1/export/${id}/download`, { token })).status, 409)
  const cancelled = await app.request(`/api/v1/export/${other}/cancel`, { method: 'POST', token })
  assert.equal((cancelled.body as Body).status, 'cancelled')
  assert.equal((await app.request(`/api/v1/export/${other}/cancel`, { method: 'POST', token })).status, 409)
  const stop = await startWorker(app.runtime)
  try {
    const made = await ended(id)
    assert.equal(made.status, 'ready')
    assert.equal(made.rows_written, 6004)
    const { bytes } = await bytesOf(made.download_url)
    assert.equal(bytes.toString().split('\n').length, 6004 + 3)
    assert.equal((await ended(other)).status, 'cancelled')
  } finally {
    await stop()
  }
})

test('after a day the file is gone, from the database too, and the history says so', async () => {
  const { export_id: id, download_url: url } = await exported({ ...two, format: 'csv', filters: { code: 'C1' } })
  await queryAsOwner(
    app.database,
    `update files set expires_at = now() - interval '1 second' where id = (select file_id from exports where id = $1)`,
    [id],
  )
  await queryAsOwner(app.database, `update exports set expires_at = now() - interval '1 second' where id = $1`, [id])
  const gone = await bytesOf(url)
  assert.equal(gone.status, 404)
  assert.match(gone.bytes.toString(), /export_expired/)
  await queryAsOwner(app.database, 'select delete_expired_files(100)')
  const [left] = await queryAsOwner<{ file_id: string | null; files: number }>(
    app.database,
    'select file_id, (select count(*)::int from files f where f.expires_at < now()) as files from exports where id = $1',
    [id],
  )
  assert.deepEqual(left, { file_id: null, files: 0 })
  const listed = await app.request('/api/v1/export?status=expired', { token })
  assert.deepEqual(
    (listed.body as { exports: Body[] }).exports.map((one) => [one.export_id, one.status]),
    [[id, 'expired']],
  )
})
