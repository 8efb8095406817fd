/** Ways through the console that lead outside: to mail, to a token endpoint, to a webhook's receiver; and files that come in. */
import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import type { TestContext } from 'node:test'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { CaughtMail } from '#platform/mail/fixtures/smtp-sink.ts'
import { startSmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import { serveHttp } from '#platform/outbound-http/fixtures/loopback-server.ts'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { freePort } from '#test/support/free-port.ts'
import { inspect, openBrowser, openConsole, settle, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
let stopWorker: (() => Promise<void>) | undefined
let mails: CaughtMail[]
let smtpPort: number
/** The fixtures stop what they started when a test ends; here all tests share it. */
const stops: (() => unknown)[] = []
const allTests = { after: (stop: () => unknown) => stops.push(stop) } as unknown as TestContext

before(async () => {
  const [port, sink] = await Promise.all([freePort(), startSmtpSink(allTests, { security: 'plain' })])
  mails = sink.mails
  smtpPort = sink.port
  const config = { host: '127.0.0.1', port: sink.port, use_tls: false, from_email: 'clientele@example.com' }
  ;[app, browser] = await Promise.all([
    startTestApp({
      config: {
        port,
        publicUrl: `http://127.0.0.1:${port}`,
        mail: { provider: 'smtp', config },
        outboundAllow: ['127.0.0.1'],
      },
    }),
    openBrowser(),
  ])
  stopWorker = await startWorker(app.runtime)
})
after(async () => {
  await browser?.close()
  await stopWorker?.()
  await app?.close()
  for (const stop of stops) await stop()
})

const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' })

/** The link of the only mail to somebody. */
async function linkTo(address: string): Promise<string> {
  for (const deadline = Date.now() + 20_000; ; await new Promise((resolve) => setImmediate(resolve))) {
    const mail = mails.find((one) => one.to.includes(address))
    if (mail) {
      const text = mail.raw.replace(/=\r?\n/g, '').replace(/=3D/g, '=')
      const link = /http:\/\/127\.0\.0\.1:\d+\/console\/[a-z-]+#token=[\w-]+/.exec(text)
      assert.ok(link, text)
      mails.splice(mails.indexOf(mail), 1)
      return link[0]
    }
    assert.ok(Date.now() < deadline, `no mail to ${address}`)
  }
}

async function choosePassword(page: Page, password: string): Promise<void> {
  await page.getByLabel('New password').fill(password)
  await page.getByLabel('Once more').fill(password)
}

test('an invitation travels by mail and ends in the house; a forgotten password is chosen anew', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/users')
  await button(page, 'Invite').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('E-mail address').fill('ines@example.com')
  await button(page, 'Send the invitation').click()
  await page.getByText('The invitation is on its way.').waitFor()
  await page.getByRole('cell', { name: 'ines@example.com' }).waitFor()
  const invitation = await linkTo('ines@example.com')

  const guest = await openConsole(browser, app.url)
  await guest.page.goto(invitation)
  await guest.page.getByLabel('Your name').fill('Inès Leroy')
  await choosePassword(guest.page, 'three unrelated words')
  await guest.page.getByText('invites you, ines@example.com, to').waitFor()
  await inspect(guest.page, 'journey-invitation')
  await button(guest.page, 'Join').click()
  await guest.page.getByText('Welcome! You can sign in now.').waitFor()
  await guest.page.getByRole('link', { name: 'Sign in', exact: true }).click()
  assert.equal(await guest.page.locator('input[name=username]').inputValue(), 'ines@example.com')
  await guest.page.locator('input[name=password]').fill('three unrelated words')
  await button(guest.page, 'Sign in').click()
  await guest.page.getByRole('heading', { name: 'Hello, Inès Leroy' }).waitFor()
  await guest.page.goto('/console/sign-in')
  await guest.page.goto(invitation)
  await guest.page.getByText('This invitation was accepted already').waitFor()
  await guest.close()

  const forgetful = await openConsole(browser, app.url)
  await forgetful.page.goto('/console/sign-in')
  await forgetful.page.getByRole('link', { name: 'Forgotten your password?' }).click()
  // The sign-in has such a field as well, until the next page is there.
  await button(forgetful.page, 'Send the link').waitFor()
  await forgetful.page.getByLabel('E-mail address').fill('ines@example.com')
  await button(forgetful.page, 'Send the link').click()
  await forgetful.page.getByText(/an e-mail is on its way/).waitFor()
  const reset = await linkTo('ines@example.com')
  await forgetful.page.goto(reset)
  await choosePassword(forgetful.page, 'four quite other words')
  await button(forgetful.page, 'Set the password').click()
  await forgetful.page.getByText(/Your password is set/).waitFor()
  await signIn(forgetful.page, { username: 'ines@example.com', password: 'four quite other words' })
  await forgetful.page.getByRole('heading', { name: 'Hello, Inès Leroy' }).waitFor()
  // The link has done its work.
  await forgetful.page.goto('about:blank')
  await forgetful.page.goto(reset)
  await forgetful.page.getByText('This link has been used already').waitFor()
  await forgetful.page.getByRole('link', { name: 'Ask for a new link' }).click()
  await button(forgetful.page, 'Send the link').waitFor()
  assert.deepEqual([...faults, ...guest.faults, ...forgetful.faults], [])
  await Promise.all([forgetful.close(), close()])
})

test('an e-mail provider is set up and tested, a wrong one says what is wrong', async () => {
  const uid = await app.createClient('Boulangerie Martin')
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto(`/console/clients/${uid}?tab=email`)
  await button(page, 'Set up').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Server').fill('127.0.0.1')
  await dialog.getByLabel('Port').fill('1')
  await dialog.getByLabel('Encrypted connection (TLS)').uncheck()
  await dialog.getByLabel('Sender’s address').fill('martin@example.com')
  await inspect(page, 'journey-email-form')
  await button(page, 'Save').click()
  await page.getByText('Saved.').waitFor()
  await button(page, 'Send a test').click()
  await button(page, 'Send').click()
  await page.getByRole('dialog').getByText('Not sent').waitFor()
  await inspect(page, 'journey-email-not-sent')
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('region', { name: 'E-mail provider' }).getByRole('button', { name: 'Edit' }).click()
  await dialog.getByLabel('Port').fill(String(smtpPort))
  await button(page, 'Save').click()
  await dialog.waitFor({ state: 'detached' })
  await button(page, 'Send a test').click()
  await dialog.getByLabel('To').fill('customer@example.com')
  await button(page, 'Send').click()
  await dialog.getByText('Sent', { exact: true }).waitFor()
  assert.ok(mails.some((one) => one.to.includes('customer@example.com') && one.from === 'martin@example.com'))
  await inspect(page, 'journey-email-sent')
  assert.deepEqual(faults, [])
  await close()
})

test('credentials of PDP and Chorus Pro are entrusted, and the connection is tested', async (t) => {
  let isRefusing = true
  const port = await serveHttp(t, async (request: IncomingMessage, response) => {
    await request.toArray()
    const body = isRefusing ? { error: 'invalid_client' } : { access_token: 'tok', token_type: 'Bearer' }
    response.writeHead(isRefusing ? 401 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const uid = await app.createClient('Cabinet Leroy')
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto(`/console/clients/${uid}?tab=connections`)
  const dialog = page.getByRole('dialog')
  for (const name of ['Invoicing platform (PDP)', 'Chorus Pro']) {
    const section = page.getByRole('region', { name })
    await section.getByRole('button', { name: 'Set up' }).click()
    await dialog.getByLabel('Address of the service').fill('ftp://flow.example')
    await dialog.getByLabel('Address for tokens').fill(`http://127.0.0.1:${port}/token`)
    await dialog.getByLabel('Client ID').fill('martin')
    await dialog.getByLabel('Client secret').fill('very secret')
    await button(page, 'Save').click()
    await dialog.getByText('Enter an address that begins with https://').first().waitFor()
    await dialog.getByLabel('Address of the service').fill('https://flow.example')
    await inspect(page, `journey-${name.slice(0, 6).trim()}-form`)
    await button(page, 'Save').click()
    await dialog.waitFor({ state: 'detached' })
    await section.getByText('https://flow.example').waitFor()
  }
  const pdp = page.getByRole('region', { name: 'Invoicing platform (PDP)' })
  await pdp.getByRole('button', { name: 'Test the connection' }).click()
  await pdp.getByText('Does not work').first().waitFor()
  await inspect(page, 'journey-connection-fails')
  isRefusing = false
  await pdp.getByRole('button', { name: 'Test the connection' }).click()
  await pdp.getByText('Works', { exact: true }).waitFor()
  assert.doesNotMatch(await page.content(), /very secret/)
  assert.deepEqual(faults, [])
  await close()
})

test('a delivery that failed is looked at and sent again, and arrives', async (t) => {
  let isBroken = true
  const port = await serveHttp(t, async (request: IncomingMessage, response) => {
    await request.toArray()
    response.writeHead(isBroken ? 500 : 200, { 'content-type': 'text/plain' }).end(isBroken ? 'out of order' : 'thanks')
  })
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/webhooks')
  await button(page, 'New webhook').first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Address').fill(`http://127.0.0.1:${port}/hook`)
  await button(page, 'Create').click()
  await button(page, 'I have kept it').click()
  await page.getByRole('link', { name: new RegExp(`127.0.0.1:${port}`) }).click()
  await button(page, 'Send a test').click()
  await page.getByRole('link', { name: 'webhook.test' }).first().click()
  await page.getByText('out of order').waitFor()
  await inspect(page, 'journey-delivery-failed')
  isBroken = false
  await button(page, 'Send again').click()
  await page.getByText('thanks').waitFor()
  await inspect(page, 'journey-delivery-arrived')
  assert.deepEqual(faults, [])
  await close()
})

const borrower = {
  lastname: 'Leroy',
  firstname: 'Inès',
  email: 'ines@mail.example',
  birth_date: '1990-03-18',
  phone_number: '0639981688',
  monthly_income: 2950,
  monthly_charges: 1033,
}

test('a document is uploaded to a profile, downloaded as it was, and deleted', async () => {
  const client_uid = await app.createClient('Atelier Dubois')
  const token = await app.signIn()
  const body = { attributes: borrower, client_uid }
  const made = await app.request('/api/v1/profiles/', { method: 'POST', token, body })
  const { pk } = (made.body as { data: { pk: number } }).data
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto(`/console/profiles/${pk}`)
  await settle(page)
  const pdf = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF')
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    button(page, 'Choose a file: Relevé bancaire').click(),
  ])
  await chooser.setFiles({ name: 'statement.pdf', mimeType: 'application/pdf', buffer: pdf })
  await page.getByText('PDF, 1').waitFor()
  await inspect(page, 'journey-document')
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Download: Relevé bancaire').click()])
  assert.match(file.suggestedFilename(), /bank_statement|statement/)
  await button(page, 'Delete: Relevé bancaire').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('PDF, 1').waitFor({ state: 'detached' })
  assert.deepEqual(faults, [])
  await close()
})
