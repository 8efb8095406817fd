/** Persons whose every value holds a word that stands nowhere else, wherever such values can go. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { createClientWithKey } from '#features/clients/index.ts'
import { runExport } from '#features/exports/index.ts'
import { runImport } from '#features/imports/index.ts'
import { createProfile, submitProfile, uploadDocument } from '#features/profiles/index.ts'
import { requestAnalysis, runAnalyses } from '#features/scoring/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { formOf } from '#test/support/form.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { prepareUser, profileAttributes, signInAs, statement, systemOf } from '#test/support/prepared-client.ts'
import { newEntry, newInvoice } from '#test/support/route-examples-ledger.ts'
import { insertPasskey } from '#test/support/route-examples-sessions.ts'
import type { Subject } from './marks.ts'

export type Planted = { subject: Subject; word: string; token: string; tenantId: string }

export class Planter {
  readonly app: TestApp
  readonly tenantId: string
  token = ''

  constructor(app: TestApp, tenantId: string) {
    this.app = app
    this.tenantId = tenantId
  }

  async signIn(): Promise<this> {
    this.token = (await signInAs(this.app, await prepareUser(this.app, 'owner', this.tenantId))).access
    return this
  }

  async send<T = Record<string, string>>(method: string, path: string, body?: object, headers = {}): Promise<T> {
    const options = { method, token: this.token, headers, ...(body ? { body } : {}) }
    const answer = await this.app.request(path, options)
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }

  /** What others write about somebody, in every place for free text. */
  async mention({ name, email, id }: { name: string; email: string; id: string }): Promise<void> {
    const text = `${name} <${email}> called`
    await this.send('POST', '/api/v1/audit/events', {
      category: 'data_access',
      action: 'crm.call',
      description: text,
      target: { entity_type: 'person', entity_id: email },
      context: { who: { name, mail: [email] } },
    })
    await this.send('POST', '/api/v1/notifications/send', {
      template_id: 'invoice_created',
      recipient: this.#recipient ?? (await this.#newRecipient()),
      variables: { invoice_number: name, amount: email },
      channels: ['email', 'in_app'],
    })
    await this.send('POST', '/api/v1/notifications/suppressions', { address: email })
    await this.send('POST', '/api/v1/export', { entity_type: 'customers', format: 'csv', filters: { city: name } })
    await this.send('POST', '/api/v1/reports/schedules', {
      template_id: 'weekly_summary',
      name: 'Weekly',
      cron: '0 8 * * 1',
      format: 'pdf',
      recipients: [email, 'somebody.else@example.com'],
      parameters: {},
    })
    // What workers write: bodies of webhooks, steps of workflows.
    const body = JSON.stringify({ data: { id, name, mail: email } })
    await queryAsOwner(
      this.app.database,
      `with e as (insert into webhook_attempts (tenant_id, delivery_pk, number, attempted_at, url, request_headers, request_body, total_ms,
           response_body, response_headers)
         values ($1, floor(random() * 1e9), 1, now(), 'https://receiver.example.com', '{}', $2, 1, $3, $4)),
       s as (insert into workflow_steps (tenant_id, execution_id, number, action_id, type, attempt, status, input, outcome, error, started_at)
         values ($1, gen_random_uuid()::text, 1, 'a', 'call', 1, 'completed', $2::json, $4::json, $3, now()))
       insert into domain_events (tenant_id, id, type, data) values ($1, gen_random_uuid(), 'planted.event', $2::jsonb)`,
      [this.tenantId, body, `echo: ${text}`, JSON.stringify({ 'x-echo': name })],
    )
  }

  #recipient: string | null = null

  async #newRecipient(): Promise<string> {
    this.#recipient = (await prepareUser(this.app, 'viewer', this.tenantId)).username
    return this.#recipient
  }

  async user(): Promise<Planted> {
    const word = newWord()
    const [name, email] = [`Ursula ${word}`, `u.${word}@example.com`]
    const password = `plain horse ${randomBytes(6).toString('hex')}`
    const body = { email, display_name: name, password, roles: ['operator'] }
    const headers = { 'idempotency-key': `key-${randomBytes(8).toString('hex')}` }
    const { id = '' } = await this.send('POST', '/api/v1/users', body, headers)
    const signIn = { method: 'POST', body: { username: email, password }, headers: { 'user-agent': `Agent ${word}` } }
    const { access } = (await this.app.request('/api/token/', signIn)).body as { access: string }
    assert.ok(access)
    await this.app.request('/api/token/', { ...signIn, body: { username: email, password: 'wrong' } })
    await insertPasskey(this.app, { tenantId: this.tenantId, userId: id, id: `passkey-${word}` })
    await queryAsOwner(this.app.database, 'update passkeys set name = $2 where id = $1', [
      `passkey-${word}`,
      `Key of ${word}`,
    ])
    for (const [path, sent] of [
      ['/api/v1/notifications/preferences', { enabled_channels: ['in_app'] }],
      ['/api/v1/customers', { code: `C-${randomBytes(4).toString('hex')}`, name: 'Made by the user' }],
    ] as const) {
      const options = {
        method: path.endsWith('s') && path.includes('pref') ? 'PUT' : 'POST',
        token: access,
        body: sent,
      }
      const answer = await this.app.request(path, { ...options, headers: { 'user-agent': `Agent ${word}` } })
      assert.ok(answer.status < 300, answer.text)
    }
    await this.send('POST', '/api/v1/notifications/send', {
      template_id: 'invoice_created',
      recipient: email,
      variables: { invoice_number: word, amount: '1' },
      channels: ['email', 'in_app'],
    })
    await this.mention({ name, email, id })
    return { subject: { type: 'user', id }, word, token: access, tenantId: this.tenantId }
  }

  async customer(): Promise<Planted> {
    const word = newWord()
    const code = `K${word}`
    const values = {
      code,
      name: `Carla ${word}`,
      email: `c.${word}@example.com`,
      phone: `+33 6 ${word}`,
      address_line1: `12 rue ${word}`,
      address_line2: `Bâtiment ${word}`,
      postal_code: '75001',
      city: word,
      country_code: 'FR',
    }
    const { id = '' } = await this.send('POST', '/api/v1/customers', values)
    const invoice = { ...newInvoice(id), note: `Pour ${values.name}` }
    invoice.lines = invoice.lines.map((line) => ({ ...line, description: `Visite de ${values.name}` }))
    await this.send('POST', '/api/v1/invoices', invoice)
    for (const validates of [false, true]) {
      const entry = newEntry()
      const lines = entry.lines.map((line) => ({ ...line, auxiliary_number: code, auxiliary_label: values.name }))
      const made = await this.send('POST', '/api/v1/accounting-entries', {
        ...entry,
        date: '2018-01-31',
        label: `Facture ${values.name}`,
        lines,
      })
      if (validates) await this.send('POST', '/api/v1/accounting-entries/validate', { entry_ids: [made.id] })
    }
    await this.#importOf(code, values.name)
    const asked = await this.send('POST', '/api/v1/export', { entity_type: 'customers', format: 'csv' })
    assert.equal(asked.status, 'ready')
    await this.mention({ name: values.name, email: values.email, id })
    return { subject: { type: 'customer', id }, word, token: '', tenantId: this.tenantId }
  }

  /** A file whose rows name the customer: one is taken, one is refused. */
  async #importOf(code: string, name: string): Promise<void> {
    const csv = Buffer.from(`code;nom\r\n${code};${name}\r\n;${name}\r\n`)
    const form = formOf({ format: 'csv' }, { file: csv })
    const previewed = await this.app.request('/api/v1/import/preview', {
      method: 'POST',
      token: this.token,
      raw: form.body,
      headers: { 'content-type': form.type },
    })
    const { file_id } = previewed.body as { file_id: string }
    const asked = await this.send('POST', '/api/v1/import/execute', { file_id, template_id: 'client_import' })
    const job = { tenantId: this.tenantId, importId: asked.import_id ?? '' }
    await runImport(this.app.runtime.services, job, AbortSignal.timeout(60_000))
  }

  async profile(): Promise<Planted> {
    const { services } = this.app.runtime
    const word = newWord()
    const as = systemOf(this.tenantId)
    const { client } = await runForResult(services, createClientWithKey, { name: `Client ${newWord()}` }, as)
    const clientUid = client.uid
    const attributes = {
      ...profileAttributes(),
      lastname: `Lenoir-${word}`,
      firstname: 'Paula',
      email: `p.${word}@example.com`,
      billing_address1: `3 quai ${word}`,
      identity_document_number: `ID${word}`,
    }
    const given = { clientUid, attributes, externalReference: `ref ${word}` }
    const { pk } = await runForResult(services, createProfile, given, as)
    const content = Buffer.concat([statement(), Buffer.from(word)])
    const file = await services.files.write(this.tenantId, Readable.from([content]))
    const document = { clientUid, pk, attribute: 'bank_statement', file: { id: file.id } }
    await runForResult(services, uploadDocument, document, as)
    await runForResult(services, submitProfile, { clientUid, pk }, as)
    const analysis = await runForResult(services, requestAnalysis, { clientUid, profilePk: pk }, as)
    await runAnalyses(services, [{ id: 'planted', data: { tenantId: this.tenantId, analysisPk: analysis.pk } }])
    await this.mention({ name: `Paula Lenoir-${word}`, email: attributes.email, id: String(pk) })
    return { subject: { type: 'profile', id: String(pk) }, word, token: '', tenantId: this.tenantId }
  }

  /** The archive that the person gets. */
  async archiveOf({ type, id }: Subject): Promise<Buffer> {
    const body = { subject_type: type, subject_id: id }
    return this.#archive(await this.send('POST', '/api/v1/personal-data/exports', body))
  }

  async archiveOfTenant(): Promise<Buffer> {
    return this.#archive(await this.send('POST', '/api/v1/personal-data/tenant-exports'))
  }

  async #archive({ export_id: exportId = '', progress_url: url = '' }: Record<string, string>): Promise<Buffer> {
    await runExport(this.app.runtime.services, { tenantId: this.tenantId, exportId })
    const made = await this.send('GET', url)
    assert.equal(made.status, 'ready', JSON.stringify(made))
    const headers = { authorization: `Bearer ${this.token}` }
    const file = await fetch(`${this.app.url}${made.download_url}`, { headers })
    assert.equal(file.headers.get('content-type'), 'application/zip')
    return Buffer.from(await file.arrayBuffer())
  }
}

/** Ten letters that nobody else has; digits would make a number of it. */
export const newWord = (): string =>
  `zq${[...randomBytes(8)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')}`
