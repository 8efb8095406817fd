// A file of customers goes up as it is read, is checked, imported with progress, and gives back the rows it refused.
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileFrom } from '@clientele/client'
import { staff, until } from './setting.mjs'

const folder = await mkdtemp(join(tmpdir(), 'customers-'))
const rows = Array.from(
  { length: 500 },
  (_, number) => `E${Date.now()}-${number};Customer ${number};c${number}@example.com`,
)
rows.push('E-bad;A customer without an address;not an e-mail')
const source = join(folder, 'customers.csv')
await writeFile(source, `code;name;email\n${rows.join('\n')}\n`)

const account = staff()
const preview = await account.upload('/api/v1/import/preview', {
  form: { file: fileFrom(createReadStream(source), { name: 'customers.csv' }), entity_type: 'customers' },
})
const body = { file_id: preview.file_id, template_id: 'customer_import' }
const started = await account.post('/api/v1/import/execute', { body })

const path = { import_id: started.import_id }
const done = await until(
  async () => {
    const progress = await account.get('/api/v1/import/{import_id}/progress', { params: { path } })
    console.log(`${progress.status}: ${progress.percent} %`)
    return progress
  },
  ({ status }) => status !== 'processing',
)
console.log(`${done.status}: ${done.rows_inserted} imported, ${done.rows_refused} refused`)

const refused = await account.download('/api/v1/import/{import_id}/refused', { params: { path } })
console.log(`${refused.name}:\n${await refused.text()}`)
await rm(folder, { recursive: true })
