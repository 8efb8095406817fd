/** Notifications, attributes, scorecards and applications, as an administrator works with them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { TestApp } from '#test/support/app.ts'
import { firstAdministrator, startTestApp } from '#test/support/app.ts'
import { createUser } from '#test/support/identity.ts'
import { inspect, inspectScreens, looksOf, openBrowser, openConsole, settle, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
let token: string
before(async () => {
  ;[app, browser] = await Promise.all([startTestApp(), openBrowser()])
  token = await app.signIn()
})
after(async () => {
  await browser?.close()
  await app?.close()
})

const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' })

async function notify(number: string): Promise<void> {
  const body = { template_id: 'invoice_created', recipient: firstAdministrator, variables: { invoice_number: number } }
  const answer = await app.request('/api/v1/notifications/send', { method: 'POST', token, body })
  assert.equal(answer.status, 202, answer.text)
}

test('a notification rings the bell in every tab by itself, and is read in all of them', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  const other = await page.context().newPage()
  await other.goto('/console/clients')
  await other.getByRole('button', { name: 'Notifications', exact: true }).waitFor()
  await notify('INV-1')
  for (const one of [page, other]) await one.getByRole('button', { name: 'Notifications: 1 unread' }).waitFor()
  // The tab that listened for both is gone: the other one takes over.
  await page.goto('about:blank')
  await notify('INV-2')
  await other.getByRole('button', { name: 'Notifications: 2 unread' }).click()
  await other.getByText(/INV-2/).waitFor()
  await page.goto('/console/notifications')
  await page.getByText(/INV-2/).waitFor()
  await inspect(page, 'notifications-en-light')
  await other.getByRole('button', { name: 'Mark all as read' }).click()
  for (const one of [page, other]) await one.getByRole('button', { name: 'Notifications', exact: true }).waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('preferences are kept, and a template shows what it says before it is saved', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/notifications?tab=preferences')
  await page.getByRole('switch', { name: 'Billing' }).click()
  await page.getByRole('switch', { name: 'Wait at night' }).click()
  await inspect(page, 'preferences-en-light')
  await button(page, 'Save').click()
  await page.getByText('Saved.').waitFor()
  const kept = await app.request('/api/v1/notifications/preferences', { token })
  const { category_preferences: wanted, quiet_hours: quiet } = kept.body as {
    category_preferences: object
    quiet_hours: object
  }
  assert.deepEqual([wanted, quiet], [{ billing: false }, { start: 22, end: 8 }])

  await page.goto('/console/notifications/templates/invoice_created')
  await page.getByRole('textbox', { name: 'Title', exact: true }).fill('Here is {{ invoice_number }}')
  await button(page, 'Show the preview').click()
  await page.getByText('Here is INV-2024-001').waitFor()
  await inspect(page, 'notification-template-en-light')
  await button(page, 'Save').click()
  await page.getByText('The new version is in force.').waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('an attribute is made, a scorecard copied, changed, tried out and activated', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/attributes')
  await button(page, 'New attribute').click()
  await page.getByLabel('Name for programs').fill('has_garden')
  await page.getByLabel('Name in the form').fill('Garden')
  await page.getByRole('dialog').getByLabel('Category').fill('diverse')
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await page.getByText('has_garden').first().waitFor()
  await page.goto('/console/scorecards/1')
  await button(page, 'Draft a copy').click()
  await page.getByRole('heading', { name: 'Scorecard version 2' }).waitFor()
  await button(page, 'Edit the draft').click()
  await page.getByLabel('Title in English').first().fill('Our own')
  await page.getByRole('combobox', { name: 'Which one' }).click()
  await page.getByRole('option').first().click()
  const ofRule = page.getByRole('region', { name: 'A further rule' })
  await ofRule.getByLabel('Title in French').fill('La nôtre')
  await ofRule.getByLabel('Title in English').fill('The one of ours')
  await button(page, 'Add the rule').click()
  await page.getByRole('region', { name: 'The one of ours' }).waitFor()
  await button(page, 'Move up: The one of ours').click()
  await inspect(page, 'scorecard-form-en-light')
  await button(page, 'Take away: The one of ours').click()
  await page.getByRole('region', { name: 'The one of ours' }).waitFor({ state: 'detached' })
  await button(page, 'Check').click()
  await page.getByText('Nothing stands in its way.').waitFor()
  await button(page, 'Save').click()
  await button(page, 'Try it on profiles').click()
  await page.getByText('No submitted profiles yet').waitFor()
  await button(page, 'Activate').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Activate' }).click()
  await page.getByText('Judges', { exact: true }).waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('an application is registered, and its secret shown once', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/applications')
  await button(page, 'Register an application').first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Partner portal')
  await dialog.getByLabel('Client ID').fill('partner-portal')
  await dialog.getByLabel('Addresses after the sign-in').fill('https://partner.example/callback')
  await dialog.getByRole('button', { name: 'Create' }).click()
  const secret = (await page.locator('[data-secret]').textContent()) ?? ''
  assert.match(secret, /^[\w-]{43}$/)
  await button(page, 'I have kept it').click()
  await page.getByRole('heading', { name: 'Partner portal' }).waitFor()
  await inspect(page, 'application-en-light')
  const basic = `Basic ${Buffer.from(`partner-portal:${secret}`).toString('base64')}`
  const headers = { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await app.request('/oauth2/introspect', { method: 'POST', headers, raw: 'token=none' })
  assert.deepEqual([answer.status, answer.body], [200, { active: false }])
  assert.deepEqual(faults, [])
  await close()
})

const screens = [
  ['notifications', '/notifications'],
  ['preferences', '/notifications?tab=preferences'],
  ['notification-templates', '/notifications/templates'],
  ['notification-template', '/notifications/templates/invoice_created'],
  ['sent-messages', '/notifications/sent'],
  ['sending-settings', '/notifications/sent?tab=settings'],
  ['attributes', '/attributes'],
  ['scorecards', '/scorecards'],
  ['scorecard', '/scorecards/1'],
  ['applications', '/applications'],
] as const

for (const look of looksOf(['fr-dark'])) {
  test(`screens of notifications, scoring and applications are accessible and fit: ${look}`, () =>
    inspectScreens(browser, app.url, { screens, look }))
}

test('who may only look sees no button that changes attributes, scorecards, templates or applications', async () => {
  const { page, close } = await openConsole(browser, app.url)
  await signIn(page, await createUser(app, ['viewer']))
  await page.locator('#content h1').waitFor()
  for (const path of ['/attributes', '/scorecards/1', '/notifications/templates', '/applications']) {
    await page.goto(`/console${path}`)
    await settle(page)
    const forbidden = /^(New|Create|Edit|Delete|Draft|Retire|Register|Add|Save)/
    assert.equal(await page.getByRole('button', { name: forbidden }).count(), 0, path)
  }
  await close()
})
