/** A session that ends while somebody is at work: what was typed stays for him, and for nobody else. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { freePort } from '#test/support/free-port.ts'
import type { Credentials } from '#test/support/identity.ts'
import { createUser, signInAs } from '#test/support/identity.ts'
import type { Look, Opened } from './console.fixture.ts'
import { inspect, looksOf, openBrowser, openConsole, picture, settle, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
before(async () => {
  const port = await freePort()
  const config = { port, publicUrl: `http://localhost:${port}` }
  ;[app, browser] = await Promise.all([startTestApp({ config }), openBrowser()])
})
after(async () => {
  await browser?.close()
  await app?.close()
})

/** Passkeys belong to the public URL's host, and "localhost" is one where browsers allow them without TLS. */
const localhost = () => app.url.replace('127.0.0.1', 'localhost')

/** Somebody at work, and a session of his elsewhere, from which he ends the one here. */
type AtWork = Opened & { user: Credentials; endSession(): Promise<void> }

async function atWork(look: Look = 'en-light'): Promise<AtWork> {
  const user = await createUser(app, ['admin'])
  const { access_token: token } = await signInAs(app, user)
  const opened = await openConsole(browser, localhost(), look)
  await signIn(opened.page, user)
  await opened.page.locator('#content h1').waitFor()
  await settle(opened.page)
  const endSession = async () => {
    const ended = await app.request('/api/v1/sessions', { method: 'DELETE', token })
    assert.equal(ended.status, 200, ended.text)
  }
  return { ...opened, user, endSession }
}

const again = (page: Page) => page.locator('dialog.sign-in-again')
const back = (page: Page) => again(page).waitFor({ state: 'detached' })

async function enter(page: Page, { username, password }: Credentials): Promise<void> {
  await again(page).locator('input[name=username]').fill(username)
  await again(page).locator('input[name=password]').fill(password)
  await again(page).locator('button[type=submit]').click()
}

const siret = '356 000 000 00048'

async function writeClient(page: Page, name: string) {
  await page.goto('/console/clients')
  await page
    .getByRole('button', { name: /New client|Nouveau client/ })
    .first()
    .click()
  const dialog = page.getByRole('dialog', { name: /New client|Nouveau client/ })
  await dialog.getByLabel(/^(Name|Nom)/).fill(name)
  await dialog.getByLabel('SIRET').fill(siret)
  return { dialog, submit: dialog.getByRole('button', { name: /^(Create|Créer)$/ }) }
}

/** By the button's request, unless one that the page makes by itself comes first: then nobody sees the button any more. */
async function meetEnd(page: Page, submit: Locator): Promise<void> {
  await submit.click({ timeout: 2_000 }).catch(() => {})
  await again(page).waitFor()
}

for (const look of looksOf(['en-light', 'fr-phone'])) {
  test(`what was typed in a dialog is there after signing in again, and is sent then (${look})`, async () => {
    const { page, faults, user, endSession, close } = await atWork(look)
    const name = `Boulangerie ${look}`
    const { dialog, submit } = await writeClient(page, name)
    await picture(page, `expired-before-${look}`)
    await endSession()
    await meetEnd(page, submit)
    await again(page).waitFor()
    await inspect(page, `expired-${look}`)
    // Nothing of the page is seen, reached by the keyboard, or told by the window's title.
    assert.equal(await page.getByText(name).filter({ visible: true }).count(), 0)
    assert.equal(await dialog.count(), 0, 'the dialog beneath is there for nobody')
    assert.match(await page.title(), /^(Sign in|Connexion|Se connecter) ·/)
    assert.equal(await page.evaluate('document.activeElement.name'), 'username')
    for (let tabs = 0; tabs < 12; tabs++) {
      const focused = await page.evaluate<string>('document.activeElement.closest("dialog")?.className ?? "body"')
      assert.match(focused, /sign-in-again|body/)
      await page.keyboard.press('Tab')
    }
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await again(page).locator('input[name=username]').waitFor()

    await enter(page, { ...user, password: 'not the right one' })
    await again(page).getByRole('alert').waitFor()
    await enter(page, user)
    await back(page)
    await dialog.waitFor()
    await picture(page, `expired-after-${look}`)
    assert.equal(await dialog.getByLabel(/^(Name|Nom)/).inputValue(), name)
    assert.equal(await dialog.getByLabel('SIRET').inputValue(), siret)
    // Where one was, and nothing of what went wrong meanwhile.
    assert.match(await page.evaluate<string>('document.activeElement.textContent'), /^(Create|Créer)$/)
    assert.equal(await dialog.getByRole('alert').count(), 0)
    await submit.click()
    await page.getByRole('heading', { name, level: 1 }).waitFor()
    const kept = await page.evaluate<string>('JSON.stringify([localStorage, sessionStorage, document.cookie])')
    assert.ok(!kept.includes(name) && !kept.includes('35600000000048') && !/ey[\w-]+\./.test(kept), kept)
    assert.deepEqual(faults, [])
    await close()
  })
}

test('a whole screen that was being written goes on where it was: its fields, its place, and what it reads', async () => {
  const { page, faults, user, endSession, close } = await atWork()
  await page.setViewportSize({ width: 1280, height: 500 })
  await page.goto('/console/reports/templates/new?from=monthly_sales')
  await settle(page)
  const name = page.locator('#content').getByLabel('Name in English')
  await name.fill('Sales of the quarter')
  await page.evaluate('scrollTo(0, 240)')
  await endSession()
  // The next request finds out: here that of the bell.
  await page.locator('button[data-unread]').click()
  await again(page).waitFor()
  await enter(page, user)
  await back(page)
  assert.equal(await name.inputValue(), 'Sales of the quarter')
  assert.equal(await page.evaluate('scrollY'), 240)
  await page.getByText('You are signed in again.').waitFor()
  await settle(page)
  await page.getByRole('link', { name: 'Clients' }).click()
  await page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor()
  await settle(page)
  assert.equal(await page.locator('#content').getByRole('alert').count(), 0)
  assert.deepEqual(faults, [])
  await close()
})

test('somebody else who signs in there sees nothing of it, nor finds it by going back', async () => {
  const { page, faults, endSession, close } = await atWork()
  const { submit } = await writeClient(page, 'Secret Acquisition')
  await endSession()
  await meetEnd(page, submit)
  await again(page).waitFor()
  const other = await createUser(app, ['admin'])
  await enter(page, other)
  await page.getByRole('heading', { name: /Hello/ }).waitFor()
  await settle(page)
  assert.equal(new URL(page.url()).pathname, '/console/')
  for (const goOn of [() => page.goBack(), () => page.goForward(), () => page.goto('/console/clients')]) {
    await goOn()
    await settle(page)
    const whole = await page.evaluate<string>(
      `document.documentElement.outerHTML + [...document.querySelectorAll('input')].map((one) => one.value)`,
    )
    assert.ok(!whole.includes('Secret Acquisition') && !whole.includes('356 000'))
    assert.equal(await again(page).count(), 0)
  }
  assert.deepEqual(faults, [])
  await close()
})

test('who is not that person throws away what was typed without signing in', async () => {
  const { page, endSession, close } = await atWork()
  const { submit } = await writeClient(page, 'Secret Acquisition')
  await endSession()
  await meetEnd(page, submit)
  await again(page).getByRole('button', { name: 'Not you? Throw away what was typed' }).click()
  await page.waitForURL(/\/console\/sign-in$/)
  await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor()
  assert.ok(!(await page.content()).includes('Secret Acquisition'))
  await close()
})

test('what nobody comes back for is thrown away after four hours', async () => {
  const { page, faults, endSession, close } = await atWork()
  await page.clock.install()
  const { submit } = await writeClient(page, 'Secret Acquisition')
  await endSession()
  await meetEnd(page, submit)
  await again(page).waitFor()
  await page.clock.fastForward('03:59:00')
  await again(page).waitFor()
  assert.ok((await page.content()).includes('Clients'))
  await page.clock.fastForward('01:01')
  await page.waitForURL(/\/console\/sign-in\?next=/)
  await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor()
  assert.equal(await again(page).count(), 0)
  assert.deepEqual(faults, [])
  await close()
})

test('tabs expire together and go on together; when somebody else signs in at one, all others forget', async () => {
  const { page, faults, user, endSession, close } = await atWork()
  const { dialog, submit } = await writeClient(page, 'Boulangerie Martin')
  const other = await page.context().newPage()
  await other.goto('/console/users')
  await other.getByRole('heading', { name: 'Users', level: 1 }).waitFor()
  await settle(page)
  await endSession()
  await meetEnd(page, submit)
  await Promise.all([page, other].map((one) => again(one).waitFor()))
  await enter(other, user)
  await Promise.all([page, other].map(back))
  assert.equal(await dialog.getByLabel('Name').inputValue(), 'Boulangerie Martin')

  // At a live session too: the cookie is of all tabs.
  await other.goto('/console/sign-in')
  await signIn(other, await createUser(app, ['admin']))
  await page.getByRole('heading', { name: /Hello/ }).waitFor()
  assert.ok(!(await page.content()).includes('Boulangerie Martin'))
  assert.deepEqual(faults, [])
  await close()
})

test('the second factor is asked for there as on the sign-in page: a code, and a passkey', async () => {
  const { page, faults, user, endSession, close } = await atWork()
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const options = { protocol: 'ctap2' as const, transport: 'internal' as const, hasResidentKey: true }
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { ...options, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  })
  await page.goto('/console/account')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByLabel('Name').fill('Test device')
  await page.getByRole('button', { name: 'Continue' }).click()
  const backupCode = (await page.locator('[data-secret]').first().textContent()) ?? ''
  await page.getByRole('button', { name: 'I have kept it' }).click()
  const { dialog, submit } = await writeClient(page, 'Boulangerie Martin')
  const factors = [
    async () => {
      await again(page).getByLabel('Code').fill(backupCode)
      await again(page).getByRole('button', { name: 'Sign in' }).click()
    },
    () => again(page).getByRole('button', { name: 'Use a passkey' }).click(),
  ]
  for (const prove of factors) {
    await endSession()
    await meetEnd(page, submit)
    await enter(page, user)
    await again(page).getByRole('heading', { name: 'Second factor' }).waitFor()
    await prove()
    await back(page)
    assert.equal(await dialog.getByLabel('Name').inputValue(), 'Boulangerie Martin')
  }
  await submit.click()
  await page.getByRole('heading', { name: 'Boulangerie Martin', level: 1 }).waitFor()
  assert.deepEqual(faults, [])
  await close()
})
