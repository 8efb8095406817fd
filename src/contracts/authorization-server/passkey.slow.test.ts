import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import * as client from 'openid-client'
import type { Browser, Page } from 'playwright-core'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { freePort } from '#test/support/free-port.ts'
import type { Credentials } from '#test/support/identity.ts'
import { createUser, post, signInAs } from '#test/support/identity.ts'
import { addAuthenticator, launchBrowser, looks, openPage, picture } from './browser.fixture.ts'
import type { Flow } from './oauth.fixture.ts'
import { beginFlow, exchange, registerClient, secret } from './oauth.fixture.ts'

let app: TestApp
let browser: Browser
let publicUrl: string
let callback: string
let config: client.Configuration
const clientServer = createServer((_request, response) => {
  response.setHeader('content-type', 'text/html').end('<title>Client</title>')
})

before(async () => {
  await new Promise<void>((resolve) => {
    clientServer.listen(0, '127.0.0.1', resolve)
  })
  callback = `http://127.0.0.1:${(clientServer.address() as AddressInfo).port}/callback`
  const port = await freePort()
  // Passkeys belong to a name: an address of numbers has none.
  publicUrl = `http://localhost:${port}`
  app = await startTestApp({ config: { port, publicUrl } })
  await registerClient(app, { clientId: 'web', clientName: 'Atelier Comptable', redirectUris: callback })
  const options = { execute: [client.allowInsecureRequests] }
  config = await client.discovery(new URL(publicUrl), 'web', secret, client.ClientSecretBasic(secret), options)
  browser = await launchBrowser()
})
after(async () => {
  await browser.close()
  await app.close()
  clientServer.close()
})

const registration = `async (options) => (await navigator.credentials.create({
  publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })).toJSON()`

/** A user whose only second factor, beside backup codes, is a passkey of this page's authenticator. */
async function userWithPasskey(page: Page): Promise<Credentials & { backupCodes: string[] }> {
  const user = await createUser(app, ['viewer'])
  const { access_token: token } = await signInAs(app, user)
  const path = '/api/v1/mfa/passkeys/registration'
  await page.goto(`${publicUrl}/oauth2/authorize?client_id=nobody`)
  const asked = await post(app, `${path}/options`, { token, body: {} })
  const { options } = asked.body as { options: object }
  const credential = await page.evaluate<object>(`(${registration})(${JSON.stringify(options)})`)
  const made = await post(app, `${path}/verify`, { token, body: { credential } })
  assert.equal(made.status, 201, made.text)
  return { ...user, backupCodes: (made.body as { backup_codes: string[] }).backup_codes }
}

async function enterPassword(page: Page, user: Credentials): Promise<Flow> {
  const flow = await beginFlow(config, { parameters: { redirect_uri: callback } })
  await page.goto(flow.url.href)
  await page.locator('#username').fill(user.username)
  await page.locator('#password').fill(user.password)
  await page.keyboard.press('Enter')
  await page.locator('#code').waitFor()
  return flow
}

async function finishes(page: Page, flow: Flow): Promise<void> {
  await page.waitForURL(`${callback}?**`)
  const tokens = await exchange(flow, page.url())
  assert.equal((await app.request('/api/v1/clients', { token: tokens.access_token })).status, 200)
}

const isFocused = (page: Page, selector: string) =>
  page.evaluate<boolean>(`document.activeElement === document.querySelector(${JSON.stringify(selector)})`)

for (const [name, options] of Object.entries(looks)) {
  test(`a passkey finishes the sign-in by keyboard, without a fault in the console (${name})`, async () => {
    const { page, faults, close } = await openPage(browser, options)
    await addAuthenticator(page)
    const user = await userWithPasskey(page)
    faults.length = 0
    const flow = await enterPassword(page, user)
    const button = page.getByRole('button', {
      name: options.locale === 'fr-FR' ? 'Utiliser une clé d’accès' : 'Use a passkey',
    })
    await button.waitFor()
    await picture(page, `passkey-${name}`)
    assert.ok(await isFocused(page, '#passkey button'))
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')
    assert.ok(width <= options.viewport.width, `the page is ${width} wide`)
    await page.keyboard.press('Enter')
    await finishes(page, flow)
    assert.deepEqual(faults, [])
    await close()
  })
}

for (const name of ['en-light', 'fr-dark', 'fr-phone'] as const) {
  test(`who has the passkey not at hand is told so, and goes on with a backup code (${name})`, async () => {
    const { page, faults, close } = await openPage(browser, looks[name])
    const { devtools, authenticatorId } = await addAuthenticator(page)
    const user = await userWithPasskey(page)
    faults.length = 0
    const flow = await enterPassword(page, user)
    await devtools.send('WebAuthn.clearCredentials', { authenticatorId })
    await page.locator('#passkey button').click()
    await page.getByRole('alert').waitFor()
    await picture(page, `passkey-not-used-${name}`)
    assert.ok(await isFocused(page, '#passkey button'))

    await page.locator('#code').fill('ABCD-EFGH-JKLM')
    await page.keyboard.press('Enter')
    await page.locator('#fault').waitFor()
    await page.locator('#passkey button').waitFor()
    await picture(page, `passkey-wrong-code-${name}`)
    assert.ok(await isFocused(page, '#code'), 'the wrong code is where the next one goes')
    await page.keyboard.type(user.backupCodes[0] ?? '')
    await page.keyboard.press('Enter')
    await finishes(page, flow)
    assert.deepEqual(faults, [])
    await close()
  })
}

test('without script, and in a browser that lacks WebAuthn, only codes are offered', async () => {
  const { page, close } = await openPage(browser, looks['en-light'])
  await addAuthenticator(page)
  const user = await userWithPasskey(page)
  await close()
  for (const [index, lacking] of ['script', 'WebAuthn'].entries()) {
    const options = { ...looks['en-light'], javaScriptEnabled: lacking !== 'script' }
    const other = await openPage(browser, options)
    if (lacking === 'WebAuthn') await other.page.addInitScript('delete window.PublicKeyCredential')
    const flow = await enterPassword(other.page, user)
    assert.equal(await other.page.locator('#passkey').isVisible(), false)
    await other.page.locator('#code').fill(user.backupCodes[index] ?? '')
    await other.page.keyboard.press('Enter')
    await finishes(other.page, flow)
    await other.close()
  }
})

test("another's passkey is refused on the page, and the next challenge takes the right one", async () => {
  const { page, faults, close } = await openPage(browser, looks['en-light'])
  const { devtools, authenticatorId } = await addAuthenticator(page)
  const user = await userWithPasskey(page)
  const [right] = (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials
  await devtools.send('WebAuthn.clearCredentials', { authenticatorId })
  const impostor = await userWithPasskey(page)
  assert.notEqual(impostor.username, user.username)
  const [wrong] = (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials
  assert.ok(right && wrong)
  // The right one's name with another key, as of somebody who knows the name only.
  await devtools.send('WebAuthn.clearCredentials', { authenticatorId })
  await devtools.send('WebAuthn.addCredential', {
    authenticatorId,
    credential: { ...right, privateKey: wrong.privateKey },
  })
  faults.length = 0
  const flow = await enterPassword(page, user)
  await page.keyboard.press('Enter')
  await page.locator('#fault').waitFor()
  await picture(page, 'passkey-refused-en-light')
  assert.ok(await isFocused(page, '#passkey button'))
  await devtools.send('WebAuthn.clearCredentials', { authenticatorId })
  await devtools.send('WebAuthn.addCredential', { authenticatorId, credential: right })
  await page.keyboard.press('Enter')
  await finishes(page, flow)
  assert.deepEqual(faults, [])
  await close()
})
