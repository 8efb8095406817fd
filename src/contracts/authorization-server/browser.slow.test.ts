import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import type { TestApp } from '#test/support/app.ts'
import { createUser } from '#test/support/identity.ts'
import { launchBrowser, looks, openPage, picture } from './browser.fixture.ts'
import { beginFlow, discover, exchange, registerClient, startOAuthApp } from './oauth.fixture.ts'

let app: TestApp
let browser: Browser
let callback = ''
const clientServer = createServer((_request, response) => {
  response.setHeader('content-type', 'text/html').end('<title>Client</title>')
})

before(async () => {
  await new Promise<void>((resolve) => {
    clientServer.listen(0, '127.0.0.1', resolve)
  })
  const origin = `http://127.0.0.1:${(clientServer.address() as AddressInfo).port}`
  callback = `${origin}/callback`
  app = await startOAuthApp()
  await registerClient(app, {
    clientId: 'browser',
    clientName: 'Atelier Comptable',
    redirectUris: callback,
    postLogoutRedirectUris: `${origin}/bye`,
    clientSettings: JSON.stringify({ requireAuthorizationConsent: true, requireProofKey: true }),
  })
  browser = await launchBrowser()
})
after(async () => {
  await browser.close()
  await app.close()
  clientServer.close()
})

const scope = 'openid profile email client:view client:create'

for (const [name, options] of Object.entries(looks)) {
  test(`Chromium signs in, consents and signs out by keyboard, without a fault in its console (${name})`, async () => {
    const isFrench = options.locale === 'fr-FR'
    const { page, faults, close } = await openPage(browser, options)
    // Whom nobody has asked for consent yet.
    const credentials = await createUser(app, ['operator'])
    const config = await discover(app, 'browser')
    const flow = await beginFlow(config, { scope, parameters: { redirect_uri: callback } })
    await page.goto(flow.url.href)
    assert.equal(await page.locator('html').getAttribute('lang'), isFrench ? 'fr' : 'en')
    await picture(page, `sign-in-${name}`)

    await page.keyboard.type(credentials.username)
    await page.keyboard.press('Tab')
    await page.keyboard.type('not the password')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await picture(page, `refused-${name}`)
    // The name stands there still and the password field has the focus.
    await page.keyboard.type(credentials.password)
    await page.keyboard.press('Enter')

    await page.getByRole('heading', { name: 'Atelier Comptable' }).waitFor()
    await picture(page, `consent-${name}`)
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')
    assert.ok(width <= options.viewport.width, `the page is ${width} wide`)
    // Nothing is allowed by pressing Enter once too often: the button has to be walked to.
    const _allow = page.getByRole('button', { name: isFrench ? 'Autoriser' : 'Allow' })
    assert.equal(await page.evaluate('document.activeElement instanceof HTMLButtonElement'), false)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${callback}?**`)
    const tokens = await exchange(flow, page.url())

    const end = new URL('/oauth2/end-session', app.url)
    end.searchParams.set('id_token_hint', tokens.id_token ?? '')
    await page.goto(end.href)
    await picture(page, `sign-out-${name}`)
    await page.getByRole('button', { name: isFrench ? 'Se déconnecter' : 'Sign out' }).click()
    await page.getByRole('heading', { name: isFrench ? 'Vous êtes déconnecté' : 'You are signed out' }).waitFor()
    await picture(page, `signed-out-${name}`)
    assert.deepEqual(faults, [])

    await page.goto(`${app.url}/oauth2/authorize?client_id=nobody&response_type=code`)
    await page.getByRole('heading').waitFor()
    await picture(page, `error-${name}`)
    await close()
  })
}

test('the other language is one link away and stays', async () => {
  const { page, close } = await openPage(browser, { locale: 'de-DE' })
  const credentials = await createUser(app, ['operator'])
  const config = await discover(app, 'browser')
  const flow = await beginFlow(config, { scope, parameters: { redirect_uri: callback } })
  await page.goto(flow.url.href)
  assert.equal(await page.locator('html').getAttribute('lang'), 'en')
  await page.getByRole('link', { name: 'Afficher cette page en français' }).click()
  await page.getByRole('heading', { name: 'Connexion' }).waitFor()
  await page.getByLabel('Adresse e-mail').fill(credentials.username)
  await page.getByLabel('Mot de passe').fill(credentials.password)
  await page.getByRole('button', { name: 'Se connecter' }).click()
  await page.getByRole('button', { name: 'Refuser' }).click()
  await page.waitForURL(/error=access_denied/)
  await close()
})
