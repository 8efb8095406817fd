/** A request under the GDPR, as somebody answers it who has never done so: find the person, hand out a copy, erase. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Planted } from '#features/personal-data/planted.fixture.ts'
import { Planter } from '#features/personal-data/planted.fixture.ts'
import { unzip } from '#features/personal-data/scan.fixture.ts'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { createUser } from '#test/support/identity.ts'
import { inspect, inspectScreens, looksOf, openBrowser, openConsole, settle, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
let stopWorker: (() => Promise<void>) | undefined
let planter: Planter
before(async () => {
  ;[app, browser] = await Promise.all([startTestApp(), openBrowser()])
  planter = await new Planter(app, firstTenant).signIn()
})
after(async () => {
  await browser?.close()
  await stopWorker?.()
  await app?.close()
})

const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' })

/** What the console calls the customer. */
async function nameOf({ subject }: Planted): Promise<string> {
  const { name } = await planter.send<{ name: string }>('GET', `/api/v1/customers/${subject.id}`)
  return name
}

test('a customer is found by the name, gets a copy, and is erased once the name was typed', async () => {
  const planted = await planter.customer()
  const name = await nameOf(planted)
  // What was planted is under way no more: the worker has nothing else to do.
  stopWorker = await startWorker(app.runtime)
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.getByRole('link', { name: 'Personal data' }).click()
  await page.getByText('Nobody was erased yet').waitFor()
  await page.getByText('Customers', { exact: true }).last().click()
  await page.getByLabel('The beginning of the name').fill('Nobody at all')
  await button(page, 'Search').click()
  await page.getByText('Nobody of this name').waitFor()
  await page.getByLabel('The beginning of the name').fill(name.slice(0, 6))
  await button(page, 'Search').click()
  await page.getByRole('link', { name }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
  await page.getByRole('heading', { name: 'The record, and what goes with it' }).waitFor()
  await page.getByText('a pseudonym takes the place of the customer').waitFor()

  await button(page, 'Make the copy').click()
  const download = button(page, /^Download: customer-/)
  await download.waitFor()
  await inspect(page, 'personal-data-copied')
  const [file] = await Promise.all([page.waitForEvent('download'), download.click()])
  const archive = unzip(await readFile(await file.path()))
  assert.ok([...archive.values()].some((content) => content.includes(planted.word)))

  await button(page, 'Erase…').click()
  const dialog = page.getByRole('dialog')
  const erase = dialog.getByRole('button', { name: 'Erase for good' })
  assert.ok(await erase.isDisabled())
  await dialog.getByLabel(`Type “${name}” to confirm`).fill(`${name} Junior`)
  assert.ok(await erase.isDisabled(), 'another name')
  await inspect(page, 'personal-data-erase')
  await dialog.getByLabel(`Type “${name}” to confirm`).fill(` ${name.toUpperCase()} `)
  await erase.click()
  await page.getByRole('heading', { name: 'Erasure of a customer', level: 1 }).waitFor()
  await page.getByText('A pseudonym, since invoices name it').waitFor()
  await page.getByText('Erased', { exact: true }).waitFor()
  await button(page, 'Show who it was').click()
  await page.getByText(name, { exact: true }).waitFor()
  await inspect(page, 'personal-data-erased')

  await page.getByRole('link', { name: 'In the audit log' }).click()
  await page.getByRole('link', { name: 'The erasure of a person was asked for' }).first().waitFor()
  await page.goto('/console/personal-data')
  await page.getByRole('link', { name: 'Erasure of a customer' }).waitFor()
  // The copy went with the person.
  await settle(page)
  assert.equal(await download.count(), 0)
  assert.ok(!((await page.locator('#content').textContent()) ?? '').includes(name), 'the name is still shown')
  assert.deepEqual(faults, [])
  await close()
})

test('from a user, a customer and a profile one comes to what is held about them', async () => {
  const [customer, profile, user] = [await planter.customer(), await planter.profile(), await planter.user()]
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  for (const [from, to] of [
    [`/customers/${customer.subject.id}`, `/personal-data/customers/${customer.subject.id}`],
    [`/profiles/${profile.subject.id}`, `/personal-data/profiles/${profile.subject.id}`],
  ] as const) {
    await page.goto(`/console${from}`)
    await page.locator('#content').getByRole('link', { name: 'Personal data' }).click()
    await page.waitForURL(`**/console${to}`)
    await page.getByRole('heading', { name: 'The record, and what goes with it' }).waitFor()
  }
  await page.goto(`/console/users?search=${user.word}`)
  await button(page, /^Actions for /)
    .first()
    .click()
  await page.getByRole('menuitem', { name: 'Personal data' }).click()
  await page.waitForURL(`**/console/personal-data/users/${user.subject.id}`)
  await page.getByText('The user is deleted, with sessions').waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('who may only make copies erases nobody, who may only erase makes no copies, and neither needs to see the records', async () => {
  const { subject } = await planter.customer()
  const token = await app.signIn()
  for (const [name, others, sees, misses] of [
    ['personal-data:export', ['export:view', 'export:download'], 'Make the copy', 'Erase…'],
    ['personal-data:erase', [], 'Erase…', 'Make the copy'],
  ] as const) {
    const role = name.replace(':', '-')
    const body = { name: role, permissions: [name, ...others] }
    const made = await app.request('/api/v1/roles', { method: 'POST', token, body })
    assert.equal(made.status, 201, made.text)
    const { page, faults, close } = await openConsole(browser, app.url)
    await signIn(page, await createUser(app, [role]))
    await page.getByRole('link', { name: 'Personal data' }).click()
    await page.getByText('You may not see users, customers or profiles').waitFor()
    await page.goto(`/console/personal-data/customers/${subject.id}`)
    await button(page, sees).waitFor()
    await settle(page)
    assert.equal(await button(page, misses).count(), 0)
    assert.deepEqual(faults, [])
    await close()
  }
})

test('a second factor that is wanted again is asked for above the dialog, and the erasure goes on', async () => {
  const { subject } = await planter.user()
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  // As the server answers whose proof is older than ten minutes, and when it was given again.
  const wanted = { error: { code: 'step_up_required', message: 'A second factor is needed.' } }
  await page.route('**/personal-data/erasures', (route) => route.fulfill({ status: 403, json: wanted }), { times: 1 })
  await page.route('**/mfa/verify', (route) => route.fulfill({ json: { success: true } }))
  await page.goto(`/console/personal-data/users/${subject.id}`)
  const name = (await page.locator('h1').filter({ hasText: 'Ursula' }).textContent()) ?? ''
  await button(page, 'Erase…').click()
  await page.getByLabel(`Type “${name}” to confirm`).fill(name)
  await button(page, 'Erase for good').click()
  const code = page.locator('input[autocomplete=one-time-code]')
  await code.click()
  await code.fill('123 456')
  await inspect(page, 'personal-data-second-factor')
  await button(page, 'Confirm').click()
  await page.getByRole('heading', { name: 'Erasure of a user', level: 1 }).waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('a copy of the whole account is made when it was confirmed', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/personal-data')
  await page.getByText('No copy of the account was made').waitFor()
  await button(page, 'Make a copy of the account').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make a copy of the account' }).click()
  await page
    .getByRole('region', { name: 'The whole account' })
    .getByRole('button', { name: /^Download: / })
    .waitFor()
  assert.deepEqual(faults, [])
  await close()
})

for (const look of looksOf(['en-dark', 'fr-phone'])) {
  test(`its screens are accessible (WCAG 2.2 AA) and fit a phone: ${look}`, async () => {
    const [customer, profile] = [await planter.customer(), await planter.profile()]
    const { erasures } = await planter.send<{ erasures: { erasure_id: string }[] }>(
      'GET',
      '/api/v1/personal-data/erasures',
    )
    await inspectScreens(browser, app.url, {
      look,
      screens: [
        ['personal-data', '/personal-data'],
        ['personal-data-customers', '/personal-data?kind=customer'],
        ['personal-data-customer', `/personal-data/customers/${customer.subject.id}`],
        ['personal-data-profile', `/personal-data/profiles/${profile.subject.id}`],
        ['personal-data-erasure', `/personal-data/erasures/${erasures[0]?.erasure_id}`],
      ],
    })
  })
}
