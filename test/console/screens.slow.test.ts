import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { createUser } from '#test/support/identity.ts'
import { fitsItsWidth, inspect, looksOf, openBrowser, openConsole, settle, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
let client: string
let profile: number
let webhook: number
before(async () => {
  ;[app, browser] = await Promise.all([startTestApp(), openBrowser()])
  const token = await app.signIn()
  client = await app.createClient('Boulangerie Martin')
  const made = async (path: string, body: object) => {
    const answer = await app.request(path, { method: 'POST', token, body })
    assert.ok(answer.status < 300, answer.text)
    return (answer.body as { data: { pk: number } }).data.pk
  }
  profile = await made('/api/v1/profiles/', { attributes, client_uid: client })
  webhook = await made('/api/v1/webhooks/configure/', { url: 'https://hooks.example/in', ofAllClients: true })
  await made(`/api/v1/webhooks/${webhook}/test/`, {})
})
after(async () => {
  await browser?.close()
  await app?.close()
})

const attributes = {
  lastname: 'Leroy',
  firstname: 'Inès',
  email: 'ines@mail.example',
  birth_date: '1990-03-18',
  phone_number: '0639981688',
  monthly_income: 2950,
  monthly_charges: 1033,
}

const tabs = ['overview', 'keys', 'connections', 'email', 'webhook-secret']
const screens = (): [name: string, path: string][] => [
  ['home', '/'],
  ['clients', '/clients'],
  ...tabs.map((tab): [string, string] => [`client-${tab}`, `/clients/${client}?tab=${tab}`]),
  ['profiles', '/profiles'],
  ['profile', `/profiles/${profile}`],
  ['new-profile', `/profiles/new?client=${client}`],
  ['webhooks', '/webhooks'],
  ['webhook', `/webhooks/${webhook}`],
  ['audit', '/audit'],
  ['integrity', '/audit/integrity'],
  ['users', '/users'],
  ['roles', '/roles'],
  ['settings', '/settings'],
  ['account', '/account'],
  ['nothing', '/nothing-here'],
  ['no-client', '/clients/01890a5d-ac96-774b-bcce-b302099a8057'],
]
const outside = ['sign-in', 'forgot-password', 'reset-password', 'accept-invitation']

/** The others show the same colours in the other language: for people to look at. */
for (const look of looksOf(['en-light', 'fr-dark', 'fr-phone'])) {
  test(`every screen is accessible (WCAG 2.2 AA) and within the policy: ${look}`, async () => {
    const { page, faults, close } = await openConsole(browser, app.url, look)
    for (const name of outside) {
      await page.goto(`/console/${name}`)
      await inspect(page, `${name}-${look}`)
    }
    await signIn(page)
    await page.locator('#content h1').waitFor()
    for (const [name, path] of screens()) {
      await page.goto(`/console${path}`)
      await inspect(page, `${name}-${look}`)
      assert.ok(await fitsItsWidth(page), `${name} scrolls sideways`)
    }
    assert.deepEqual(faults, [])
    await close()
  })
}

test('who may only look sees no button that changes something, and no screen that he may not see', async () => {
  const { page, close } = await openConsole(browser, app.url)
  await signIn(page, await createUser(app, ['viewer']))
  await page.locator('#content h1').waitFor()
  assert.equal(await page.getByRole('link', { name: 'Audit log' }).count(), 0)
  await page.goto('/console/audit')
  await page.getByRole('heading', { name: 'You may not see this' }).waitFor()
  for (const path of ['/clients', `/clients/${client}?tab=keys`, '/users', '/roles', '/webhooks', '/profiles']) {
    await page.goto(`/console${path}`)
    await settle(page)
    const forbidden = page.getByRole('button', { name: /^(New|Create|Edit|Delete|Deactivate|Invite|Revoke|Replace)/ })
    assert.equal(await forbidden.count(), 0, path)
  }
  await close()
})

test('the keyboard alone signs in and reaches the content', async () => {
  const { page, close } = await openConsole(browser, app.url)
  await page.goto('/console/sign-in')
  await page.locator('input[name=username]').waitFor()
  await page.keyboard.type('admin@example.com')
  await page.keyboard.press('Tab')
  await page.keyboard.type('correct-horse-battery')
  await page.keyboard.press('Enter')
  await page.locator('#content h1').waitFor()
  await page.keyboard.press('Tab')
  await page.getByText('Skip to content').and(page.locator(':focus')).waitFor()
  await close()
})

test('the first load is under 300 KB, compressed', async () => {
  const { page, close } = await openConsole(browser, app.url)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Network.enable')
  let received = 0
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    received += encodedDataLength
  })
  await page.goto('/console/sign-in')
  await settle(page)
  const toSignIn = received
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await settle(page)
  await devtools.send('Network.clearBrowserCache')
  received = 0
  await page.goto('/console/')
  await page.locator('#content h1').waitFor()
  await settle(page)
  console.log(
    `received: sign-in ${Math.round(toSignIn / 1024)} KB, home with nothing cached ${Math.round(received / 1024)} KB`,
  )
  assert.ok(toSignIn > 100 * 1024 && toSignIn < 300 * 1024)
  assert.ok(received > 100 * 1024 && received < 300 * 1024)
  await close()
})
