import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { freePort } from '#test/support/free-port.ts'
import type { Credentials } from '#test/support/identity.ts'
import { createUser, forgetUsedSteps } from '#test/support/identity.ts'
import { openBrowser, openConsole, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
/** Made while the administrator still signs in with the password alone. */
let user: Credentials
before(async () => {
  const port = await freePort()
  const config = { port, publicUrl: `http://localhost:${port}` }
  ;[app, browser] = await Promise.all([startTestApp({ config }), openBrowser()])
  user = await createUser(app, ['admin'])
})
after(async () => {
  await browser?.close()
  await app?.close()
})

/** Passkeys belong to the public URL's host, and "localhost" is one where browsers allow them without TLS. */
const localhost = () => app.url.replace('127.0.0.1', 'localhost')
const codeOf = (secret: string) => new TOTP({ secret }).generate()

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Account of/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor()
}

test('an authenticator is set up from its picture; then its codes and the backup codes sign in, each once', async () => {
  const { page, faults, close } = await openConsole(browser, localhost())
  await signIn(page)
  await page.getByRole('link', { name: 'Set up a second factor' }).click()
  await page.getByRole('button', { name: 'Set up the authenticator' }).click()
  await page.getByRole('img', { name: /QR code/ }).waitFor()
  const secret = (await page.locator('[data-secret]').first().textContent()) ?? ''
  await page.getByLabel('Six digits').fill('000000')
  await page.getByRole('button', { name: 'Turn on', exact: true }).click()
  const wrong = page.getByLabel('Six digits').and(page.locator('[aria-invalid=true]'))
  await wrong.waitFor()
  await page.getByRole('dialog').getByText('The code is wrong').waitFor()
  await page.getByLabel('Six digits').fill(codeOf(secret))
  await page.getByRole('button', { name: 'Turn on', exact: true }).click()
  await page.getByRole('heading', { name: 'Backup codes' }).waitFor()
  const backupCodes = await page.locator('[data-secret]').allTextContents()
  assert.ok(backupCodes.length >= 8)
  await page.getByRole('button', { name: 'I have kept it' }).click()
  await signOut(page)

  const [backupCode = ''] = backupCodes
  await signIn(page)
  await page.getByLabel('Code').fill('000000')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Code').fill(backupCode)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: /Hello/ }).waitFor()
  await signOut(page)

  await signIn(page)
  await page.getByLabel('Code').fill(backupCode)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('This code is not right').waitFor()
  await forgetUsedSteps(app)
  await page.getByLabel('Code').fill(codeOf(secret))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: /Hello/ }).waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('a passkey is added, signs in, and a new browser cannot do without it', async () => {
  const { page, faults, close } = await openConsole(browser, localhost())
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await signIn(page, user)
  await page.getByRole('heading', { name: /Hello/ }).waitFor()
  await page.goto('/console/account')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByLabel('Name').fill('Test device')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Backup codes' }).waitFor()
  await page.getByRole('button', { name: 'I have kept it' }).click()
  await signOut(page)
  await signIn(page, user)
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.getByRole('heading', { name: /Hello/ }).waitFor()
  assert.deepEqual(faults, [])
  await close()

  const elsewhere = await openConsole(browser, localhost())
  await signIn(elsewhere.page, user)
  await elsewhere.page.getByRole('heading', { name: 'Second factor' }).waitFor()
  await elsewhere.page.goto('/console/clients')
  await elsewhere.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await elsewhere.close()
})
