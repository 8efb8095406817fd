import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerOf, startSending, until } from './sending.fixture.ts'

const invoice = {
  template_id: 'invoice_created',
  recipient: 'admin@example.com',
  variables: { invoice_number: 'INV-2024-001' },
}

test('what a sender that died had claimed is sent by another, as a further attempt with the same Message-ID', async (t) => {
  const { app, sink, token, query, startSender } = await startSending(t, { sends: false })
  await app.request('/api/v1/notifications/send', { method: 'POST', token, body: invoice })
  // As a worker does that is killed before it records what it did.
  const claimed = await query<{ id: string }>(`select * from take_notification_mails(10, 10, '{}', '', 120)`)
  assert.equal(claimed.length, 1)
  assert.equal(
    (await query(`select * from take_notification_mails(10, 10, '{}', '', 120)`)).length,
    0,
    'nobody else takes it meanwhile',
  )
  await query(`update notification_deliveries set due_at = now() where status = 'sending'`)
  startSender()
  await until('the mail', () => sink.mails.length === 1)
  await until(
    'its outcome',
    async () =>
      (await query(`select 1 from notification_deliveries where status = 'sent' and channel = 'email'`)).length === 1,
  )
  const attempts = await query<{ number: number; outcome: string | null }>(
    'select number, outcome from notification_attempts order by number',
  )
  assert.deepEqual(attempts, [
    { number: 1, outcome: null },
    { number: 2, outcome: 'accepted' },
  ])
  assert.match(
    headerOf(sink.mails[0]?.raw ?? '', 'Message-ID') ?? '',
    new RegExp(`\\.${claimed[0]?.id}@example\\.com>$`),
  )
})
