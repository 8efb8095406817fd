/** What people who tried the console stumbled over. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startSmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { fitsItsWidth, inspect, openBrowser, openConsole, settle, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
let stopWorker: (() => Promise<void>) | undefined
let token: string
before(async () => {
  ;[app, browser] = await Promise.all([startTestApp({ config: { outboundAllow: ['127.0.0.1'] } }), openBrowser()])
  stopWorker = await startWorker(app.runtime)
  token = await app.signIn()
})
after(async () => {
  await browser?.close()
  await stopWorker?.()
  await app?.close()
})

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

async function opened(look: 'en-light' | 'fr-light' = 'en-light') {
  const console = await openConsole(browser, app.url, look)
  await signIn(console.page)
  await console.page.locator('#content h1').waitFor()
  return console
}

test('an account in which there is nothing yet says where to begin; nothing that was begun is in the way later', async () => {
  const { page, faults, close } = await opened()
  const steps = page.getByRole('region', { name: 'First steps' })
  await steps.waitFor()
  assert.equal(await steps.getByRole('link').count(), 4)
  await inspect(page, 'first-steps')
  await page.setViewportSize({ width: 360, height: 800 })
  assert.ok(await fitsItsWidth(page), 'scrolls sideways')
  await steps.getByRole('link', { name: 'Create a client' }).click()
  await page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor()
  await app.createClient('Atelier Un')
  await page.goto('/console/')
  await page.getByRole('link', { name: /^Clients 1 / }).waitFor()
  assert.equal(await steps.count(), 0)
  assert.deepEqual(faults, [])
  await close()
})

test('the menu shows the screen that is open, however far down it stands', async () => {
  const { page, faults, close } = await opened()
  await page.setViewportSize({ width: 1280, height: 560 })
  await page.goto('/console/settings')
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
  const place = page.getByRole('navigation').getByRole('link', { name: 'Settings' })
  const box = await place.boundingBox()
  assert.ok(box && box.y > 56 && box.y + box.height < 560, JSON.stringify(box))
  assert.deepEqual(faults, [])
  await close()
})

test('the events of a webhook are chosen from a list, and its address is changed afterwards', async () => {
  const { page, faults, close } = await opened()
  await page.goto('/console/webhooks')
  await button(page, 'New webhook').first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Address').fill('http://127.0.0.1:9/a-rather-long-address/of-a-customer/with/a/path')
  const events = dialog.getByRole('combobox', { name: 'Events' }).or(dialog.getByRole('textbox', { name: 'Events' }))
  await events.fill('submitted')
  await page.getByRole('option', { name: 'profile.submitted' }).click()
  await events.fill('invoice.* ')
  await button(page, 'Create').click()
  await button(page, 'I have kept it').click()
  await page.getByRole('link', { name: /a-rather-long/ }).click()
  await page.getByText('profile.submitted and invoice.*').waitFor()
  await inspect(page, 'webhook-long-address')
  const excess = '(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector("h1"))'
  assert.ok((await page.evaluate<number>(excess)) <= 0, 'the address is cut off')
  await button(page, 'Edit').click()
  await dialog.getByLabel('Address').fill('http://127.0.0.1:9/moved')
  await button(page, 'Save').click()
  await page.getByRole('heading', { name: 'http://127.0.0.1:9/moved', level: 1 }).waitFor()
  await page.getByText('profile.submitted and invoice.*').waitFor()
  assert.deepEqual(faults, [])
  await close()
})

const borrower = {
  ...{ lastname: 'Leroy', firstname: 'Inès', email: 'ines@mail.example', birth_date: '1990-03-18' },
  ...{ phone_number: '0639981688', monthly_income: 2950, monthly_charges: 1033 },
}

test('a profile says whom it is about and leads to its client, the client to its profiles and events, an event to what it is about', async () => {
  const uid = await app.createClient('Atelier Dubois')
  const body = { attributes: borrower, client_uid: uid }
  assert.equal((await app.request('/api/v1/profiles/', { method: 'POST', token, body })).status, 201)
  const { page, faults, close } = await opened()
  await page.goto('/console/profiles')
  await page.getByRole('cell', { name: 'Inès Leroy' }).waitFor()
  await page.getByRole('link', { name: /^Profile \d/ }).click()
  await page.getByText('Inès Leroy').waitFor()
  await page.getByRole('link', { name: 'Atelier Dubois' }).click()
  await page.getByRole('link', { name: 'Its profiles' }).click()
  await page.getByRole('cell', { name: 'Inès Leroy' }).waitFor()
  await inspect(page, 'profiles-of-a-client')
  await page.getByRole('link', { name: 'Atelier Dubois' }).click()
  await page.getByRole('link', { name: /^What happened to it/ }).click()
  await page.getByRole('link', { name: 'A client was created' }).click()
  await page.getByRole('link', { name: `client ${uid}` }).click()
  await page.getByRole('heading', { name: 'Atelier Dubois', level: 1 }).waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('a document of a kind that is not taken is refused at its field, in words that say which are', async () => {
  const client_uid = await app.createClient('Atelier Petit')
  const token = await app.signIn()
  const body = { attributes: borrower, client_uid }
  const made = await app.request('/api/v1/profiles/', { method: 'POST', token, body })
  const { pk } = (made.body as { data: { pk: number } }).data
  const { page, faults, close } = await opened('fr-light')
  await page.goto(`/console/profiles/${pk}`)
  await settle(page)
  const input = page.locator('input[type=file]').first()
  assert.equal(await input.getAttribute('accept'), '.pdf')
  await input.setInputFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') })
  await page.getByRole('alert').getByText('format accepté ici : PDF.').waitFor()
  await inspect(page, 'document-refused')
  assert.deepEqual(faults, [])
  await close()
})

test('an import that refused rows does not look like one that took all, and leads to what it wrote', async () => {
  const { page, faults, close } = await opened('fr-light')
  await page.goto('/console/imports/new')
  const buffer = Buffer.from('N° client;Raison sociale\r\nC1;Dupont SARL\r\nC2;\r\n')
  await page.locator('input[type=file]').setInputFiles({ name: 'clients.csv', mimeType: 'text/csv', buffer })
  await button(page, 'Suivant').click()
  await page.getByText('Le fichier a 2 lignes.').waitFor()
  await button(page, 'Lancer l’import').click()
  await page.getByText('L’import est terminé ; 1 ligne a été refusée').waitFor()
  await page.getByText('Administrator', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Voir : Clients facturés' }).click()
  await page.getByRole('link', { name: 'Dupont SARL' }).waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('a test mail that was not taken says why in the language of the reader', async (t: TestContext) => {
  const sink = await startSmtpSink(t, { security: 'plain' })
  sink.refuse = () => Object.assign(new Error('not here'), { responseCode: 550 })
  const uid = await app.createClient('Atelier Colin')
  const { page, faults, close } = await opened('fr-light')
  await page.goto(`/console/clients/${uid}?tab=email`)
  await button(page, 'Configurer').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Serveur').fill('127.0.0.1')
  await dialog.getByLabel('Port').fill(String(sink.port))
  await dialog.getByLabel('Connexion chiffrée (TLS)').uncheck()
  await dialog.getByLabel('Adresse de l’expéditeur').fill('bonjour@atelier.example')
  await button(page, 'Enregistrer').click()
  await button(page, 'Envoyer un test').click()
  await button(page, 'Envoyer').click()
  await page.getByText('Le fournisseur refuse le message.').waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('messages that did not arrive are told on the home screen, which leads to the reason in words', async () => {
  const { page, faults, close } = await opened('fr-light')
  assert.equal(await page.getByRole('alert').count(), 0)
  await queryAsOwner(
    app.database,
    `insert into notification_deliveries (tenant_id, channel, status, reason, address, category)
     select $1, 'email', status, reason, 'anna@example.com', 'billing'
       from (values ('failed', 'rejected'), ('retrying', 'authentication_failed')) as given (status, reason)`,
    [firstTenant],
  )
  await page.goto('/console/')
  const told = page.getByRole('alert')
  await told.getByRole('link', { name: /nouvel essai/ }).waitFor()
  await inspect(page, 'home-undelivered-fr-light')
  await told.getByRole('link', { name: '1 abandonné ces 14 derniers jours' }).click()
  await page.getByText('Le serveur de messagerie l’a refusé').waitFor()
  assert.equal(await page.getByText('Le serveur de messagerie a refusé l’identifiant').count(), 0)
  assert.deepEqual(faults, [])
  await close()
})

test('who has forgotten the password is not told to wait for an e-mail that nothing can send', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await page.goto('/console/forgot-password')
  await page.getByLabel('E-mail address').fill('admin@example.com')
  await button(page, 'Send the link').click()
  await page.getByText('no mail provider is set up').waitFor()
  assert.equal(await page.getByText('on its way').count(), 0)
  assert.deepEqual(faults, [])
  await close()
})
