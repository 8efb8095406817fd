/** An invoice's way through the console: it waits in the inbox, is decided by one click, and its time line tells. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { until } from '#features/notifications/sending.fixture.ts'
import type { Running } from '#features/workflows/workflow.fixture.ts'
import { startRunning } from '#features/workflows/workflow.fixture.ts'
import { createUser } from '#test/support/identity.ts'
import { inspect, inspectScreens, looksOf, openBrowser, openConsole, settle, signIn } from './console.fixture.ts'

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
  // Whoever decides looks at the invoice first; it tells that a workflow waits, and at which step.
  await page.getByRole('link', { name: /10800/ }).first().click()
  await page.getByRole('heading', { name: 'Facture F-1', level: 1 }).waitFor()
  const about = page.getByRole('region', { name: 'Workflows à son sujet' })
  await about.getByRole('link', { name: 'Approbation Factures' }).waitFor()
  await about.getByText('En attente').waitFor()
  await inspect(page, 'invoice-with-workflow-fr-light')
  await page.goto(`/console/executions/${execution}`)
  await page.getByText(/^Attend : .*Approbateur/).waitFor()
  await page.goto('/console/approvals')
  await settle(page)
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
  await page.getByText('La marquer approuvée').first().waitFor()
  const line = page.getByRole('region', { name: 'Chronologie' })
  await line.getByText(/^Approuvé par /).waitFor()
  await line.getByText('« Vu avec la direction »').waitFor()
  await page.getByRole('link', { name: 'F-1', exact: true }).waitFor()
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

/** An option of a field that is chosen from a list. */
async function choose(page: Page, field: string, option: string | RegExp): Promise<void> {
  await page.getByRole('combobox', { name: field }).click()
  await page.getByRole('option', { name: option, exact: typeof option === 'string' }).click()
}

async function addStep(page: Page, kind: string): Promise<void> {
  await choose(page, 'Kind of step', kind)
  await page.getByRole('button', { name: 'Add the step' }).click()
}

test('a workflow is built by the form alone, with an approval, a condition and a notification, and runs', async () => {
  const { page, faults, close } = await openConsole(browser, running.app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/workflows/new')
  await page.getByLabel('Name', { exact: false }).first().fill('Second look')
  for (let left = 4; left > 0; left--) {
    await page
      .getByRole('button', { name: /^Take away: / })
      .first()
      .click()
  }
  // What conditions compare with is in the form too.
  const values = page.getByRole('region', { name: 'Values' })
  await values.getByRole('textbox', { name: 'Unless given' }).fill('4 000,5')
  await values.getByRole('textbox', { name: 'Unless given' }).blur()
  await values.getByRole('button', { name: 'Add a value' }).click()
  await values.getByRole('textbox', { name: 'Name' }).last().fill('Not a name')
  await values.getByRole('textbox', { name: 'Name' }).and(page.locator('[aria-invalid=true]')).waitFor()
  await values.getByRole('button', { name: 'Take away the value Not a name' }).click()
  await addStep(page, 'Condition')
  await page.getByRole('textbox', { name: 'Is it true that' }).fill('entity.total_amount >')
  // The fault stands at the field, in the words of the console.
  await page.getByText('Something is missing or too much here: EOF.').first().waitFor()
  await page.getByRole('textbox', { name: 'Is it true that' }).and(page.locator('[aria-invalid=true]')).waitFor()
  await inspect(page, 'workflow-form-fault-en-light')
  await page.getByRole('textbox', { name: 'Is it true that' }).fill('entity.total_amount > variables.limit')
  await addStep(page, 'Approval')
  await page.getByRole('textbox', { name: 'Name of the step' }).fill('Ask the approvers')
  // The server looks for people while one types.
  await page.getByRole('combobox', { name: 'Who may decide' }).fill('admin@')
  await page.getByRole('option', { name: 'Administrator', exact: true }).click()
  await page.keyboard.press('Escape')
  await page.getByRole('textbox', { name: 'Decided within' }).fill('2d')
  await addStep(page, 'Notification')
  await page.getByRole('textbox', { name: 'entity_summary' }).fill('="Look at " + entity.number')
  await choose(page, 'Goes on: on failure', 'End')
  await page.getByRole('button', { name: 'Move up: Notification 1' }).click()
  await page.getByText('The definition is sound.').waitFor()
  await inspect(page, 'workflow-form-en-light')
  const text = await page.getByRole('textbox', { name: 'Definition' }).inputValue()
  const { actions, variables } = JSON.parse(text) as {
    actions: { id: string; name?: string; on_failure?: string }[]
    variables: unknown[]
  }
  assert.deepEqual(variables, [{ name: 'limit', type: 'number', default: 4000.5 }])
  assert.deepEqual(
    actions.map(({ id, name, on_failure: on }) => [id, name, on]),
    [
      ['condition_1', undefined, undefined],
      ['notification_1', undefined, 'end'],
      ['approval_1', 'Ask the approvers', undefined],
    ],
  )
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'Second look', level: 1 }).waitFor()
  await page.getByRole('button', { name: 'Run by hand' }).click()
  await page.getByRole('dialog').getByLabel('Invoice').fill('F-2')
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
  const line = page.getByRole('region', { name: 'Time line' })
  await line.getByText(/^Waits ·/).waitFor()
  await line.getByText(/^Waits for: Role Approver/).waitFor()
  for (const step of ['Condition 1', 'Notification 1', 'Ask the approvers']) await line.getByText(step).waitFor()
  await inspect(page, 'execution-of-form-en-light')
  assert.deepEqual(faults, [])
  await close()
})

test('what the form cannot show it does not throw away', async () => {
  const { page, faults, close } = await openConsole(browser, running.app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/workflows/new')
  const text = page.getByRole('textbox', { name: 'Definition' })
  await text.fill('{"name": "x", "triggers": ["manual"], "actions": [{"id": "a", "type": "dance"}]}')
  await page.getByText('The definition has something that the form cannot show').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Add the step' }).count(), 0)
  assert.match(await text.inputValue(), /dance/)
  assert.deepEqual(faults, [])
  await close()
})

const screens = (): [name: string, path: string][] => [
  ['approvals', '/approvals'],
  ['workflows', '/workflows'],
  ['workflow', '/workflows/wf_invoice_approval'],
  ['new-workflow', '/workflows/new'],
  ['edit-workflow', '/workflows/wf_invoice_approval/edit'],
  ['executions', '/executions'],
  ['execution', `/executions/${execution}`],
]
for (const look of looksOf(['en-light', 'fr-phone'])) {
  test(`the screens of workflows are accessible (WCAG 2.2 AA), within the policy, and fit: ${look}`, () =>
    inspectScreens(browser, running.app.url, { screens: screens(), look }))
}
