/** A scheduled report that cannot be made: who waits for it is told, once a failure. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Sending } from '#features/notifications/sending.fixture.ts'
import { headerOf, startSending, subjectOf, until } from '#features/notifications/sending.fixture.ts'
import { failAbandonedReport, runDueSchedules, runReport } from '#features/reports/index.ts'
import { prepareUser, signInAs } from '#test/support/prepared-client.ts'

const tenantId = 'tenant_001'
const ends: (() => unknown)[] = []
let sending: Sending
before(async () => {
  sending = await startSending({ after: (end) => ends.push(end) })
})
after(async () => {
  for (const end of ends.reverse()) await end()
})

const services = () => sending.app.runtime.services

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await sending.app.request(path, { method, token: sending.token, ...(body ? { body } : {}) })
  assert.ok(answer.status < 300, `${path}: ${answer.status} ${answer.text}`)
  return answer.body
}

const ofSchedule = (name: string, recipients: string[]) => {
  const timing = { cron: '0 8 * * 1', format: 'csv' }
  return { template_id: 'monthly_sales', name, ...timing, recipients, parameters: {} }
}

async function scheduleIt(name: string, recipients: string[]): Promise<string> {
  const body = ofSchedule(name, recipients)
  const made = await ask<{ schedule_id: string }>('POST', '/api/v1/reports/schedules', body)
  await sending.query(`update report_schedules set next_run_at = now() - interval '1 second' where id = $1`, [
    made.schedule_id,
  ])
  return made.schedule_id
}

const reportOf = async (scheduleId: string): Promise<string> => {
  const [row] = await sending.query<{ id: string }>('select id from reports where schedule_id = $1', [scheduleId])
  assert.ok(row)
  return row.id
}

const mailsAbout = (name: string) => sending.sink.mails.filter((one) => subjectOf(one.raw).includes(name))
const textOf = (raw: string) => raw.replaceAll('=\r\n', '').replaceAll('=3D', '=')
const noticesAbout = async (name: string) => {
  const { notifications } = await ask<{ notifications: { title: string; action_url?: string }[] }>(
    'GET',
    '/api/v1/notifications',
  )
  return notifications.filter((one) => one.title.includes(name))
}

test('recipients and the one who made the schedule are told by mail, she also in her list, with the reason and a link', async () => {
  const id = await scheduleIt('Ventes sans place', ['team@example.com'])
  await runDueSchedules(services())
  const reportId = await reportOf(id)
  await ask('PUT', '/api/v1/rate-limits', { stored_bytes: 0 })
  // A worker that lost it meanwhile, and the queue that has given up: neither tells it again.
  await runReport(services(), { tenantId, reportId })
  await runReport(services(), { tenantId, reportId })
  await failAbandonedReport(services(), { tenantId, reportId })
  await ask('PUT', '/api/v1/rate-limits', {})

  const mails = await until('both mails', () => {
    const found = mailsAbout('Ventes sans place')
    return found.length >= 2 && found
  })
  assert.equal(mails.length, 2)
  const to = mails.map((one) => headerOf(one.raw, 'to') ?? '').sort()
  assert.ok(to.some((one) => one.includes('team@example.com')))
  for (const { raw } of mails) {
    assert.match(subjectOf(raw), /n'a pas pu être produit/)
    assert.match(textOf(raw), /take all the room/)
    assert.match(textOf(raw), /\/console\/reports\/schedules/)
  }
  const notices = await noticesAbout('Ventes sans place')
  assert.equal(notices.length, 1)
  const shown = await ask<{ last_failure: string | null }>('GET', `/api/v1/reports/schedules/${id}`)
  assert.equal(shown.last_failure, 'storage_full')
})

test('a run that could not even be asked for is told too, and each run that fails again', async () => {
  await ask('PUT', '/api/v1/reports/settings', { daily_limit: 0 })
  const id = await scheduleIt('Ventes hors limite', [])
  await Promise.all([runDueSchedules(services()), runDueSchedules(services())])
  const [first] = await until('the first mail', () => {
    const found = mailsAbout('Ventes hors limite')
    return found.length > 0 && found
  })
  assert.match(textOf(first?.raw ?? ''), /reports of the day/)
  assert.equal((await noticesAbout('Ventes hors limite')).length, 1)
  await sending.query(`update report_schedules set next_run_at = now() - interval '1 second' where id = $1`, [id])
  await runDueSchedules(services())
  assert.equal((await noticesAbout('Ventes hors limite')).length, 2)
  await ask('PUT', '/api/v1/reports/settings', { daily_limit: null })
})

test('a schedule whose maker is gone tells the owners; a report without a schedule tells nobody', async () => {
  const id = await scheduleIt('Ventes orphelines', [])
  const asked = await ask<{ report_id: string }>('POST', '/api/v1/reports/generate', {
    template_id: 'monthly_sales',
    format: 'csv',
    parameters: { month: '2024-01' },
  })
  await runDueSchedules(services())
  // Between its being asked for and its failing.
  await sending.query(`update report_schedules set created_by = '{"type": "user", "user_id": "gone"}' where id = $1`, [
    id,
  ])
  const before = (await sending.query('select id from notifications')).length
  for (const reportId of [asked.report_id, await reportOf(id)])
    await failAbandonedReport(services(), { tenantId, reportId })
  assert.equal((await noticesAbout('Ventes orphelines')).length, 1)
  assert.equal((await sending.query('select id from notifications')).length, before + 1)
})

test('a schedule goes on with the rights that its maker still has: without them it is paused, and the owners are told', async () => {
  const { app, token } = sending
  const maker = await prepareUser(app, 'admin')
  const { access } = await signInAs(app, maker)
  const asMaker = ofSchedule('Ventes du parti', ['elsewhere@example.com'])
  const made = await app.request('/api/v1/reports/schedules', { method: 'POST', token: access, body: asMaker })
  assert.equal(made.status, 201, made.text)
  const { schedule_id: id } = made.body as { schedule_id: string }
  const due = () =>
    sending.query(`update report_schedules set next_run_at = now() - interval '1 second' where id = $1`, [id])
  const reports = async () => (await sending.query('select id from reports where schedule_id = $1', [id])).length
  const shown = () =>
    ask<{ last_failure: string | null; status: string }>('GET', `/api/v1/reports/schedules/${id}`).then(
      ({ last_failure, status }) => [status, last_failure],
    )
  await due()
  await runDueSchedules(services())
  assert.equal(await reports(), 1)

  for (const change of [{ roles: ['viewer'] }, { roles: ['admin'], status: 'deactivated' }]) {
    await ask('PATCH', `/api/v1/users/${maker.id}`, change)
    await due()
    await runDueSchedules(services())
    assert.deepEqual([await reports(), await shown()], [1, ['paused', 'report_schedule_rights_lost']])
    await sending.query('update report_schedules set is_active = true where id = $1', [id])
  }
  assert.equal((await noticesAbout('Ventes du parti')).length, 2)
  await until('the mail', () => mailsAbout('Ventes du parti').length === 2)
  for (const { raw } of mailsAbout('Ventes du parti')) assert.doesNotMatch(headerOf(raw, 'to') ?? '', /elsewhere/)

  const resumed = { method: 'PATCH', token, body: { status: 'active' } }
  assert.equal((await app.request(`/api/v1/reports/schedules/${id}`, resumed)).status, 200)
  await due()
  await runDueSchedules(services())
  assert.deepEqual([await reports(), await shown()], [2, ['active', null]])
})
