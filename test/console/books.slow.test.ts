/** Imports, exports, the FEC, customers, invoices and entries, as an accountant works with them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { createUser } from '#test/support/identity.ts'
import { inspect, inspectScreens, looksOf, openBrowser, openConsole, settle, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
let stopWorker: (() => Promise<void>) | undefined
before(async () => {
  ;[app, browser] = await Promise.all([startTestApp(), openBrowser()])
  stopWorker = await startWorker(app.runtime)
  const body = { code: 'M1', name: 'Martin SA' }
  const answer = await app.request('/api/v1/customers', { method: 'POST', token: await app.signIn(), body })
  assert.equal(answer.status, 201, answer.text)
})
after(async () => {
  await browser?.close()
  await stopWorker?.()
  await app?.close()
})

const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' })
const rows = ['N° client;Raison sociale;Courriel;Divers', 'C1;Dupont SARL;compta@dupont.example;x', 'C2;;faux;y']

test('a dropped file is recognised, checked and imported, and its refused rows are shown with their reasons', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.getByRole('link', { name: 'Imports' }).click()
  await page.getByRole('link', { name: 'New import' }).first().click()
  const content = rows.join('\r\n')
  await page.locator('.file-drop').waitFor()
  const dropped = await page.evaluateHandle(
    `(() => { const data = new DataTransfer(); data.items.add(new File([${JSON.stringify(content)}], 'clients.csv')); return data })()`,
  )
  await settle(page)
  await page.locator('.file-drop').dispatchEvent('drop', { dataTransfer: dropped })
  await page.getByText('All that is needed is there.').waitFor()
  assert.equal(await page.getByRole('combobox', { name: 'Becomes: Raison sociale' }).inputValue(), 'Name *')
  assert.equal(await page.getByRole('combobox', { name: 'Becomes: Divers' }).inputValue(), 'Left out')
  await inspect(page, 'import-columns-en-light')
  await button(page, 'Next').click()
  await page.getByText('1 row would be refused').waitFor()
  await inspect(page, 'import-check-en-light')
  await button(page, 'Start the import').click()
  await page.getByText('The import is done').waitFor()
  await page.getByRole('cell', { name: 'A value is needed.' }).waitFor()
  await inspect(page, 'import-done-en-light')
  await page.goto('/console/customers')
  await page.getByRole('link', { name: 'Dupont SARL' }).waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('an invoice is written and approved, an entry validated, and the FEC made of it', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/invoices/new')
  await page.getByLabel('Number').fill('F-1')
  await page.getByRole('combobox', { name: 'Customer' }).fill('Mart')
  await page.getByRole('option', { name: 'Martin SA (M1)' }).click()
  await page.getByLabel('Description').fill('Conseil')
  await page.getByLabel('Unit price').fill('1 000,50')
  await button(page, 'Create').click()
  await page.getByText('€1,200.60').first().waitFor()
  await button(page, 'Approve').click()
  await button(page, 'Mark as paid').waitFor()

  await page.goto('/console/entries/new')
  for (const [label, text] of [
    ['Journal code', 'VE'],
    ['Journal label', 'Ventes'],
    ['Label', 'Facture F-1'],
    ['Document reference', 'F-1'],
  ] as const) {
    await page.getByRole('textbox', { name: label, exact: true }).fill(text)
  }
  await page.locator('input[type=date]').first().fill('2025-06-15')
  const line = (name: string, at: number) => page.getByRole('textbox', { name, exact: true }).nth(at)
  await line('Account', 0).fill('411000')
  await line('Account label', 0).fill('Clients')
  await line('Debit', 0).fill('1 200,60')
  await page.getByText('differ by').waitFor()
  assert.ok(await button(page, 'Create').isDisabled())
  await line('Account', 1).fill('706000')
  await line('Account label', 1).fill('Prestations')
  await line('Credit', 1).fill('1200.60')
  await button(page, 'Create').click()
  await button(page, 'Validate').waitFor()
  // A refused FEC leads to what mends it: the drafts, and each entry's journal.
  await page.goto('/console/fec')
  await page.getByLabel('Fiscal year', { exact: true }).fill('2025')
  await button(page, 'Check').click()
  await page.getByText('The FEC would be refused').waitFor()
  await page.getByRole('link', { name: /^VE / }).first().waitFor()
  await page.getByRole('link', { name: /Look through the drafts/ }).click()
  await page.getByRole('link', { name: 'F-1' }).first().click()
  await button(page, 'Validate').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Validate' }).click()
  await page.getByRole('heading', { name: /^Entry VE/ }).waitFor()

  await page.goto('/console/fec')
  await page.getByLabel('SIREN').fill('732829320')
  await button(page, 'Save').click()
  await page.getByLabel('Fiscal year', { exact: true }).fill('2025')
  await button(page, 'Check').click()
  await page.getByText('The FEC passes all checks').waitFor()
  await inspect(page, 'fec-checked-en-light')
  await button(page, 'Make the file').click()
  const saved = page.waitForEvent('download')
  await button(page, /^Download: 732829320FEC/).click()
  assert.equal((await saved).suggestedFilename(), '732829320FEC20251231.txt')
  assert.deepEqual(faults, [])
  await close()
})

test('chosen columns of what fits the filters are exported and downloaded', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/exports/new?entity=customers')
  await page.getByText('CSV', { exact: true }).click()
  await button(page, 'None').click()
  await page.getByRole('checkbox', { name: 'Name' }).check()
  await page.getByRole('textbox', { name: 'Customer code' }).fill('M1')
  await button(page, 'Export').click()
  const saved = page.waitForEvent('download')
  await button(page, /^Download: customers/).click()
  const stream = await (await saved).createReadStream()
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  assert.equal(Buffer.concat(chunks).toString(), 'name\nMartin SA\n')
  assert.deepEqual(faults, [])
  await close()
})

const screens = [
  ['imports', '/imports'],
  ['new-import', '/imports/new'],
  ['import-templates', '/imports/templates'],
  ['exports', '/exports'],
  ['new-export', '/exports/new'],
  ['fec', '/fec'],
  ['customers', '/customers'],
  ['invoices', '/invoices'],
  ['new-invoice', '/invoices/new'],
  ['entries', '/entries'],
  ['new-entry', '/entries/new'],
  ['account-lines', '/entries/account?account=411000'],
] as const

for (const look of looksOf(['fr-dark'])) {
  test(`screens of imports, exports and books are accessible and fit: ${look}`, () =>
    inspectScreens(browser, app.url, { screens, look }))
}

test('who may only look at the books sees no button that changes them', async () => {
  const { page, close } = await openConsole(browser, app.url)
  await signIn(page, await createUser(app, ['viewer']))
  await page.locator('#content h1').waitFor()
  for (const path of ['/imports', '/imports/templates', '/exports', '/customers', '/invoices', '/entries']) {
    await page.goto(`/console${path}`)
    await settle(page)
    const forbidden = /^(New|Create|Import$|Edit|Delete|Validate)/
    assert.equal(await page.getByRole('button', { name: forbidden }).count(), 0, path)
    assert.equal(await page.getByRole('link', { name: /^(New|Import$)/ }).count(), 0, path)
  }
  await page.goto('/console/fec')
  await page.getByRole('heading', { name: 'You may not see this', level: 1 }).waitFor()
  await close()
})
