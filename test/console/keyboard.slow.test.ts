/** An accountant without a mouse, in French: signs in, makes a client, imports a file, approves an invoice. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, FileChooser, Locator, Page } from 'playwright-core'
import { until } from '#features/notifications/sending.fixture.ts'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { adminPassword, firstAdministrator, startTestApp } from '#test/support/app.ts'
import { createUser, signInAs } from '#test/support/identity.ts'
import { openBrowser, openConsole, settle } from './console.fixture.ts'

let app: TestApp
let browser: Browser
let stopWorker: (() => Promise<void>) | undefined
before(async () => {
  ;[app, browser] = await Promise.all([startTestApp(), openBrowser()])
  stopWorker = await startWorker(app.runtime)
})
after(async () => {
  await browser?.close()
  await stopWorker?.()
  await app?.close()
})

/** Somebody else's invoice, large enough to wait for an approval. */
async function waitingInvoice(): Promise<void> {
  const operator = await createUser(app, ['operator'], await app.signIn())
  const token = (await signInAs(app, operator)).access_token
  const post = async (path: string, body: object) => {
    const answer = await app.request(path, { method: 'POST', token, body })
    assert.equal(answer.status, 201, answer.text)
    return (answer.body as { id: string }).id
  }
  const customer = await post('/api/v1/customers', { code: 'M1', name: 'Martin SA' })
  const lines = [{ description: 'Conseil', quantity: '1', unit_price: '9000.00', vat_rate: '20' }]
  const days = { date: '2026-11-20', due_date: '2026-12-20' }
  await post('/api/v1/invoices', { number: 'F-1', customer_id: customer, currency: 'EUR', ...days, lines })
}

/** Goes from one to the next until what is wanted has the focus. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await wanted.first().waitFor()
  for (let left = 90; left > 0; left--) {
    if ((await wanted.and(page.locator(':focus')).count()) > 0) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`the keyboard does not reach ${wanted}`)
}

async function pressOn(page: Page, wanted: Locator): Promise<void> {
  await tabTo(page, wanted)
  await page.keyboard.press('Enter')
}

async function signInByKeyboard(page: Page): Promise<void> {
  await page.goto('/console/sign-in')
  await tabTo(page, page.locator('input[name=username]'))
  await page.keyboard.type(firstAdministrator)
  await page.keyboard.press('Tab')
  await page.keyboard.type(adminPassword)
  await page.keyboard.press('Enter')
  await page.locator('#content h1').waitFor()
}

async function clientByKeyboard(page: Page): Promise<void> {
  await pressOn(page, page.getByRole('link', { name: 'Clients', exact: true }))
  await page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor()
  await pressOn(page, page.getByRole('button', { name: 'Nouveau client' }))
  // The dialog has taken the focus to its first field, and keeps it.
  await page.getByRole('dialog').getByLabel('Nom').and(page.locator(':focus')).waitFor()
  await page.keyboard.type('Boulangerie Martin')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Boulangerie Martin', level: 1 }).waitFor()
  await pressOn(page, page.getByRole('link', { name: 'Clients', exact: true }))
  await tabTo(page, page.getByRole('textbox', { name: 'Nom ou SIRET' }))
  await page.keyboard.type('martin')
  await page.keyboard.press('Enter')
  await page.waitForURL(/search=martin/)
  await page.getByRole('link', { name: 'Boulangerie Martin' }).waitFor()
}

async function importByKeyboard(page: Page): Promise<void> {
  await pressOn(page, page.getByRole('link', { name: 'Imports', exact: true }))
  await pressOn(page, page.getByRole('link', { name: 'Nouvel import' }))
  await settle(page)
  // A busy browser may let a press go by while the page is still being put together.
  const chosen: FileChooser[] = []
  page.on('filechooser', (chooser) => chosen.push(chooser))
  await until('the file chooser opens', async () => {
    await tabTo(page, page.getByRole('button', { name: 'Choisir un fichier' }))
    await page.keyboard.press('Enter')
    await page.waitForEvent('filechooser', { timeout: 2000 }).catch(() => {})
    return chosen.length > 0
  })
  const buffer = Buffer.from(['N° client;Raison sociale', 'C1;Dupont SARL'].join('\r\n'))
  await chosen[0]?.setFiles({ name: 'clients.csv', mimeType: 'text/csv', buffer })
  await settle(page)
  await pressOn(page, page.getByRole('button', { name: 'Suivant' }))
  await pressOn(page, page.getByRole('button', { name: 'Lancer l’import' }))
  await page.getByText('L’import est terminé').waitFor({ timeout: 60_000 })
}

async function approvalByKeyboard(page: Page): Promise<void> {
  await pressOn(page, page.getByRole('link', { name: 'Approbations' }))
  await until('the invoice waits', async () => {
    await page.reload()
    await settle(page)
    return (await page.getByRole('button', { name: /^Approuver :/ }).count()) > 0
  })
  await pressOn(page, page.getByRole('button', { name: /^Approuver :/ }))
  await page.getByRole('dialog').getByLabel('Commentaire').and(page.locator(':focus')).waitFor()
  await page.keyboard.type('Vu')
  await pressOn(page, page.getByRole('dialog').getByRole('button', { name: 'Approuver' }))
  await page.getByText('C’est décidé.').waitFor()
}

test('the keyboard alone signs in, makes a client and finds it, imports a file and approves an invoice', async () => {
  await waitingInvoice()
  const { page, faults, close } = await openConsole(browser, app.url, 'fr-light')
  await signInByKeyboard(page)
  await clientByKeyboard(page)
  await importByKeyboard(page)
  await approvalByKeyboard(page)
  assert.deepEqual(faults, [])
  await close()
})
