/** An invoice's way through the console: it waits in the inbox, is decided by one click, and its time line tells. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { until } from '#features/notifications/sending.fixture.ts'
import type { Running } from '#features/workflows/workflow.fixture.ts'
import { startRunning } from '#features/workflows/workflow.fixture.ts'
import { createUser } from '#test/support/identity.ts'
import type { Look } from './console.fixture.ts'
import { inspect, openBrowser, openConsole, settle, signIn } from './console.fixture.ts'

type Listed = { executions: { id: string; status: string; entity_id: string }[] }

const ends: (() => unknown)[] = []
let running: Running
let browser: Browser
let admin: string
let execution: string
before(async () => {
  ;[running, browser] = await Promise.all([startRunning({ after: (end) => ends.push(end) }), openBrowser()])
  admin = await running.app.signIn()
  const { id } = await running.ask<{ id: string }>(admin, 'POST', '/customers', { code: 'C1', name: 'Martin SA' })
  for (const [number, price] of [
    ['F-1', '9000.00'],
    ['F-2', '4000.00'],
  ]) {
    const lines = [{ description: 'Conseil', quantity: '1', unit_price: price, vat_rate: '20' }]
    const invoice = { number, customer_id: id, date: '2026-11-20', due_date: '2026-12-20', currency: 'EUR', lines }
    await running.ask(admin, 'POST', '/invoices', invoice)
  }
  const waiting = await until('both wait for a decision', async () => {
    const { executions } = await running.ask<Listed>(admin, 'GET', '/workflows/executions?status=waiting')
    return executions.length === 2 ? executions : null
  })
  execution = waiting.find((one) => one.entity_id === 'F-1')?.id ?? ''
})
after(async () => {
  await browser?.close()
  for (const end of ends) await end()
})

test('an approver decides in the inbox; the time line and the invoice tell of it', async () => {
  const anna = await createUser(running.app, ['approver'], admin)
  const { page, faults, close } = await openConsole(browser, running.app.url, 'fr-light')
  await signIn(page, anna)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/approvals')
  await settle(page)
  assert.equal(await page.getByRole('button', { name: /^Approuver :/ }).count(), 2)
  await page
    .getByRole('button', { name: /^Approuver :.*10800/ })
    .first()
    .click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Commentaire').fill('Vu avec la direction')
  await dialog.getByRole('button', { name: 'Approuver' }).click()
  await page.getByText('C’est décidé.').waitFor()
  await page.getByRole('button', { name: /^Approuver :.*10800/ }).waitFor({ state: 'detached' })
  await until('the invoice is approved', async () => {
    const { status } = await running.ask<{ status: string }>(admin, 'GET', `/workflows/executions/${execution}`)
    return status === 'completed' ? status : null
  })
  await page.goto(`/console/executions/${execution}`)
  await page.getByText('Terminée', { exact: true }).waitFor()
  await page.getByText('set_approved').first().waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('a definition is checked while it is typed, saved, and put in force', async () => {
  const { page, faults, close } = await openConsole(browser, running.app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/workflows/new')
  const text = page.getByRole('textbox', { name: 'Definition' })
  await text.fill('{"name": "Broken", "triggers": ["manual"], "actions": [{"id": "a", "type": "delay"}]}')
  await page.getByText('This cannot be saved yet').waitFor()
  assert.ok(await page.getByRole('button', { name: 'Save' }).isDisabled())
  const sound = { name: 'Sound', triggers: ['manual'], actions: [{ id: 'pause', type: 'delay', for: '1s' }] }
  await text.fill(JSON.stringify(sound))
  await page.getByText('The definition is sound.').waitFor()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'Sound', level: 1 }).waitFor()
  await page.getByRole('button', { name: 'Run by hand' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
  await page.getByText('Completed', { exact: true }).waitFor()
  assert.deepEqual(faults, [])
  await close()
})

const screens = ['approvals', 'workflows', 'workflows/wf_invoice_approval', 'workflows/new', 'executions']
for (const look of ['en-light', 'fr-phone'] satisfies Look[]) {
  test(`the screens of workflows are accessible (WCAG 2.2 AA) and within the policy: ${look}`, async () => {
    const { page, faults, close } = await openConsole(browser, running.app.url, look)
    await signIn(page)
    await page.locator('#content h1').waitFor()
    for (const path of [...screens, `executions/${execution}`]) {
      await page.goto(`/console/${path}`)
      await inspect(page, `${path.replaceAll('/', '-').slice(0, 40)}-${look}`)
    }
    assert.deepEqual(faults, [])
    await close()
  })
}
