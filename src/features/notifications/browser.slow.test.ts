/** A real browser: the notification that comes while the page is open, and the page behind the link to unsubscribe. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chromium } from 'playwright-core'
import { headerOf, startSending, until } from './sending.fixture.ts'

const pictures = process.env.NOTIFICATION_PICTURES
const flags = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync']

test('a notification appears in a page that is open, and its e-mails end by the button behind the link', async (t) => {
  const { app, sink, token } = await startSending(t)
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: [...flags, '--no-first-run'] })
  t.after(() => browser.close())
  const page = await browser.newPage({ locale: 'fr-FR' })
  // A page of ours that may ask its own server: most answers may not.
  await page.goto(`${app.url}/docs/`)
  // What is sent before the page listens is not for it: that the answer has begun says that it does.
  const stream = await page.evaluateHandle((credential) => {
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${credential}` }
    return fetch('/api/v1/notifications/stream', { headers, signal: AbortSignal.timeout(30_000) })
  }, token)
  const seen = page.evaluate(async (response) => {
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const decoder = new TextDecoder()
    let text = ''
    for (;;) {
      const { value, done } = await reader.read()
      text += decoder.decode(value, { stream: true })
      const found = /event: notification\ndata: (.*)\n/.exec(text)?.[1]
      if (found || done) {
        await reader.cancel()
        return found ?? text
      }
    }
  }, stream)
  const body = {
    template_id: 'invoice_created',
    recipient: 'admin@example.com',
    variables: { invoice_number: 'INV-2024-001' },
  }
  await app.request('/api/v1/notifications/send', { method: 'POST', token, body })
  assert.equal(JSON.parse(await seen).title, 'Nouvelle facture')

  const mail = await until('the mail', () => sink.mails[0])
  const link = /^<(.+)>$/.exec(headerOf(mail.raw, 'List-Unsubscribe') ?? '')?.[1] ?? ''
  await page.goto(`${app.url}${new URL(link).pathname}`)
  if (pictures) await page.screenshot({ path: `${pictures}/unsubscribe.png` })
  await page.getByRole('button', { name: 'Ne plus recevoir ces e-mails' }).click()
  await page.getByText('C’est fait').waitFor()
  const preferences = await app.request('/api/v1/notifications/preferences', { token })
  assert.deepEqual((preferences.body as { unsubscribed_categories: string[] }).unsubscribed_categories, ['billing'])
})
