/** What a newcomer does on the first day, from the first sign-in to the verified audit log; nothing is set up but the server. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { SmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import { startSmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { openBrowser, openConsole, picture, settle, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
let stopWorker: (() => Promise<void>) | undefined
before(async () => {
  ;[app, browser] = await Promise.all([startTestApp({ config: { outboundAllow: ['127.0.0.1'] } }), openBrowser()])
  stopWorker = await startWorker(app.runtime)
})
after(async () => {
  await browser?.close()
  await stopWorker?.()
  await app?.close()
})

const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' })
const follow = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).first().click()

async function clientWithTestedMail(page: Page, sink: SmtpSink): Promise<void> {
  await follow(page, 'Clients')
  await button(page, 'New client').first().click()
  await page.getByRole('dialog').getByLabel('Name').fill('Boulangerie Martin')
  await page.getByRole('dialog').getByLabel('SIRET').fill('356 000 000 00048')
  await button(page, 'Create').click()
  await page.getByRole('heading', { name: 'Boulangerie Martin', level: 1 }).waitFor()
  await page.getByRole('tab', { name: 'E-mail provider' }).click()
  await button(page, 'Set up').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Server').fill('127.0.0.1')
  await dialog.getByLabel('Port').fill(String(sink.port))
  await dialog.getByLabel('Encrypted connection (TLS)').uncheck()
  await dialog.getByLabel('Sender’s address').fill('bonjour@boulangerie-martin.example')
  await button(page, 'Save').click()
  await dialog.waitFor({ state: 'detached' })
  await button(page, 'Send a test').click()
  await button(page, 'Send').click()
  await dialog.getByText('Sent', { exact: true }).waitFor()
  assert.equal(sink.mails.length, 1)
  await picture(page, 'tour-email')
  await dialog.getByRole('button', { name: 'Close' }).last().click()
}

const file = ['N° client;Raison sociale;Ville', 'C1;Dupont SARL;Lyon', 'C2;Hôtel du Lac;Annecy'].join('\r\n')

async function importCustomers(page: Page): Promise<void> {
  await follow(page, 'Imports')
  await follow(page, 'New import')
  const buffer = Buffer.from(file)
  await page.locator('input[type=file]').setInputFiles({ name: 'clients.csv', mimeType: 'text/csv', buffer })
  await page.getByText('All that is needed is there.').waitFor()
  await settle(page)
  await picture(page, 'tour-import')
  await button(page, 'Next').click()
  await page.getByText('2 rows can be imported.').waitFor()
  await button(page, 'Start the import').click()
  await page.getByText('The import is done').waitFor()
}

async function approvedInvoice(page: Page): Promise<void> {
  await follow(page, 'Invoices')
  await follow(page, 'New invoice')
  await page.getByLabel('Number').fill('F-2026-001')
  const customer = page.getByRole('combobox', { name: 'Customer' })
  await customer.fill('Hôt')
  await page.getByRole('option', { name: /Hôtel du Lac/ }).click()
  // What was chosen stands in the field once the server has told its name.
  for (const deadline = Date.now() + 15_000; !(await customer.inputValue()).startsWith('Hôtel du Lac'); ) {
    assert.ok(Date.now() < deadline, `the field says ${await customer.inputValue()}`)
    await page.waitForTimeout(50)
  }
  await page.getByLabel('Description').fill('Viennoiseries, novembre')
  await page.getByLabel('Unit price').fill('412.50')
  await button(page, 'Create').click()
  await button(page, 'Approve').click({ timeout: 60_000 })
  await page.getByText('The invoice is now: Approved.').waitFor()
  await settle(page)
  await picture(page, 'tour-invoice')
}

async function analysedProfile(page: Page): Promise<void> {
  await follow(page, 'Profiles')
  await button(page, 'New profile').first().click()
  await page.getByRole('combobox', { name: 'Client' }).click()
  await page.getByRole('option', { name: 'Boulangerie Martin' }).click()
  await button(page, 'Continue').click()
  for (const [label, text] of [
    ['Nom', 'Leroy'],
    ['Prénom', 'Inès'],
    ['Email', 'ines@mail.example'],
    ['Date de naissance', '1990-03-18'],
    ['Numéro de téléphone', '0639981688'],
    ['Revenu mensuel', '2950'],
    ['Charges mensuel', '1033'],
  ] as const) {
    await page.getByLabel(new RegExp(`^${label}( \\*)?$`)).fill(text)
  }
  await button(page, 'Save').click()
  await button(page, 'Submit').click()
  await button(page, 'Analyse').click()
  await page.getByRole('region', { name: 'Analysis' }).waitFor()
  await settle(page)
  await picture(page, 'tour-analysis')
}

test('a newcomer comes from the first sign-in to a client with tested mail, an imported file, an approved invoice, an analysed profile and a verified audit log', async (t: TestContext) => {
  const sink = await startSmtpSink(t, { security: 'plain' })
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.getByRole('heading', { name: /Hello/ }).waitFor()
  await clientWithTestedMail(page, sink)
  await importCustomers(page)
  await approvedInvoice(page)
  await analysedProfile(page)
  await follow(page, 'Proof of integrity')
  await button(page, 'Verify now').click()
  await page.getByText('Nothing was changed').waitFor()
  await settle(page)
  await picture(page, 'tour-integrity')
  await follow(page, 'Home')
  await page.getByText('Invoices by state').waitFor()
  await settle(page)
  await picture(page, 'tour-home')
  assert.deepEqual(faults, [])
  await close()
})
