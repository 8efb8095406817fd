import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { openBrowser, openConsole, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
before(async () => {
  ;[app, browser] = await Promise.all([startTestApp(), openBrowser()])
})
after(async () => {
  await browser?.close()
  await app?.close()
})

test('a client is created in the browser, no script can read a token, and signing out ends it in every tab', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page, { username: 'admin@example.com', password: 'wrong' })
  await page.getByRole('alert').getByText('E-mail address or password is wrong.').waitFor()
  await page.goto('/console/clients')
  await page.waitForURL(/sign-in\?next=/)
  await page.locator('input[name=username]').fill('admin@example.com')
  await page.locator('input[name=password]').fill('correct-horse-battery')
  await page.getByRole('button', { name: 'Sign in' }).click()
  // Where one wanted to go before the sign-in.
  await page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/console/clients')
  await page.reload() // what stands in the address bar is served
  await page.getByRole('button', { name: 'New client' }).first().click()
  await page.getByRole('dialog').getByLabel('Name').fill('Boulangerie Martin')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name: 'Boulangerie Martin', level: 1 }).waitFor()

  const readable = await page.evaluate<string>('document.cookie + JSON.stringify([localStorage, sessionStorage])')
  assert.doesNotMatch(readable, /ey[\w-]+\.|clientele_console/)

  const other = await page.context().newPage()
  await other.goto('/console/')
  await other.getByRole('heading', { name: /Hello/ }).waitFor()
  await page.getByRole('button', { name: /Account of/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await Promise.all([page, other].map((one) => one.getByRole('heading', { name: 'Sign in' }).waitFor()))
  await page.goto('/console/')
  await signIn(page)
  await page.getByRole('heading', { name: /Hello/ }).waitFor()
  assert.match(new URL(page.url()).pathname, /^\/console\/?$/)
  assert.deepEqual(faults, [])
  await close()
})
