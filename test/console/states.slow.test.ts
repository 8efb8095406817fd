/** Every screen in the states that are not its everyday one: loading, failed, forbidden, not there, empty, signed out, refused. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { TestApp } from '#test/support/app.ts'
import { adminPassword, firstAdministrator, startTestApp } from '#test/support/app.ts'
import type { Credentials } from '#test/support/identity.ts'
import type { Outside } from '#test/support/outside.ts'
import { startOutside } from '#test/support/outside.ts'
import { signInAs } from '#test/support/prepared-client.ts'
import { frCodes } from '../../console/src/texts/fr-codes.ts'
import type { Opened } from './console.fixture.ts'
import { looksOf, openBrowser, openConsole, picture, settle, signIn } from './console.fixture.ts'
import type { Faults } from './faults.fixture.ts'
import { injectFaults, serverWords } from './faults.fixture.ts'
import type { Screen } from './screens.fixture.ts'
import { prepareScreens, screensOf, tabsOfClient } from './screens.fixture.ts'
import { busy, failed, follow, isWell, recovers, speaksFrench, top, until } from './states.fixture.ts'

let outside: Outside
let app: TestApp
let browser: Browser
let prepared: Awaited<ReturnType<typeof prepareScreens>>
let screens: Screen[]
before(async () => {
  outside = await startOutside()
  ;[app, browser] = await Promise.all([startTestApp({ config: outside.config }), openBrowser()])
  prepared = await prepareScreens(app, outside)
  screens = screensOf(prepared.ids)
})
after(async () => {
  await browser?.close()
  await app?.close()
  await outside?.stop()
})

/** Who is signed in and what rings the bell stand around every screen. */
const around = /\/auth\/me$|\/notifications\/(stream|unread-count)$/
/** Only some routes, while one works on them: CONSOLE_ROUTES=/clients,/invoices/$id. */
const wanted = process.env.CONSOLE_ROUTES?.split(',')

type Walk = (opened: Opened) => Promise<(screen: Screen) => Promise<void>>

/** All screens, by several pages side by side, since half of the time they wait; tells of every one that failed. */
async function everyScreen(user: Credentials, walk: Walk): Promise<void> {
  const left = screens.filter(({ route }) => wanted?.includes(route) ?? true)
  const found: string[] = []
  const share = async () => {
    const opened = await signedIn(user)
    const look = await walk(opened)
    for (let screen = left.shift(); screen; screen = left.shift()) {
      const { address } = screen
      await look(screen).catch((error: unknown) => found.push(`${address}: ${String(error)}`))
      found.push(...opened.faults.splice(0).map((one) => `${address}: ${one}`))
    }
    await opened.close()
  }
  await Promise.all([share(), share()])
  assert.deepEqual(found, [])
}

/** CONSOLE_LOOKS: another one, of a language that is French. */
const look = looksOf(['fr-light']).find((one) => one.startsWith('fr')) ?? 'fr-light'

async function signedIn(user: Credentials): Promise<Opened> {
  const opened = await openConsole(browser, app.url, look)
  await signIn(opened.page, user)
  await opened.page.locator('#content h1').waitFor()
  await settle(opened.page)
  return opened
}

/** For people to look at, where CONSOLE_PICTURES says so. */
const keep = (page: Page, state: string, address: string) =>
  picture(page, `${state}${address.replace(/\W+/g, '-')}-${look}`)

/** Loading, failed, tried again, well. */
async function failsAndRecovers(page: Page, faults: Faults, screen: Screen): Promise<void> {
  const { address, readsNothing } = screen
  faults.asked()
  faults.set('held')
  await page.goto(`/console${address}`)
  await page.locator('#content h1').waitFor()
  if (!readsNothing) {
    await until(page, { what: 'reads nothing', look: () => faults.held() > 0 })
    await busy(page).first().waitFor()
  }
  await keep(page, 'loading', address)
  const before = await top(page)
  faults.release({ status: 500 })
  if (!readsNothing) {
    await failed(page).first().waitFor()
    await until(page, { what: 'loads for ever', look: async () => (await busy(page).count()) === 0 })
  }
  await keep(page, 'failed', address)
  await speaksFrench(page)
  assert.equal(await page.locator('#content h1').count(), 1, 'headings')
  const first = faults.asked()
  await recovers(page, faults)
  assert.ok(Math.abs((await top(page)) - before) <= 2, 'its heading jumps')
  assert.equal(await page.locator('#content [role=tab]').count(), screen.tabs, 'a tab that is not among those walked')
  // A stream is no part of its own: what it tells is read as well.
  const later = [...faults.asked()].filter((path) => !first.has(path) && !path.endsWith('/live'))
  for (const path of later) {
    await partFails(page, faults, { address, path }).catch((error: unknown) => {
      throw new Error(`${path}: ${String(error)}`)
    })
  }
}

/** What is read only after another read went well: the rest of the screen stands, the part says that it failed. */
async function partFails(
  page: Page,
  faults: Faults,
  { address, path }: { address: string; path: string },
): Promise<void> {
  faults.only(new Set([path]))
  try {
    faults.set('held')
    await page.goto(`/console${address}`)
    await until(page, { what: 'is not read again', look: () => faults.held() > 0 })
    faults.release({ status: 500 })
    await failed(page).first().waitFor()
    await until(page, { what: 'loads for ever', look: async () => (await busy(page).count()) === 0 })
    await keep(page, `part${path.replace(/\W+/g, '-')}`, address)
    await speaksFrench(page)
    assert.equal(await failed(page).count(), 1, 'is told more than once')
    assert.equal(await page.locator('#content h1').count(), 1, 'headings')
    await recovers(page, faults)
  } finally {
    faults.only(null)
  }
}

test('every screen, and every part of one, loads without an empty page, says when it failed, and recovers when asked again', async () => {
  await everyScreen(prepared.owner, async ({ page, faults: thrown }) => {
    const faults = await injectFaults(page, around)
    return async (screen) => {
      await failsAndRecovers(page, faults, screen).finally(() => {
        // What the browser itself tells of an answer of 500.
        thrown.splice(0, thrown.length, ...thrown.filter((one) => !/status of 500/.test(one)))
      })
    }
  })
})

const shifts = `(() => {
  globalThis.shifted = 0
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) globalThis.shifted += one.value
  }).observe({ type: 'layout-shift', buffered: true })
})()`

test('no screen about one thing moves what one reads as its answers come in', async () => {
  await everyScreen(prepared.owner, async ({ page }) => {
    const faults = await injectFaults(page, around)
    await page.evaluate(shifts)
    return async ({ route, address }) => {
      // Lists are all of one kind, and the same every time.
      if (!route.includes('$') && route !== '/') return
      faults.set('held')
      await follow(page, address)
      await page.locator('#content h1').waitFor()
      await page.evaluate('globalThis.shifted = 0')
      faults.release('none')
      await isWell(page)
      const shifted = await page.evaluate<number>('globalThis.shifted')
      assert.ok(shifted < 0.1, `jumps: ${shifted}`)
    }
  })
})

/** Everybody's own. */
const ofAll = ['/', '/account', '/approvals', '/notifications']

test('whoever has no permission is told so on every screen that needs one', async () => {
  await everyScreen(prepared.nobody, async ({ page }) => async ({ route, address }) => {
    await follow(page, address)
    await settle(page)
    await keep(page, 'forbidden', address)
    const told = await page.getByRole('heading', { name: 'Vous n’avez pas accès à cette page' }).count()
    assert.equal(told, ofAll.includes(route) ? 0 : 1)
    await speaksFrench(page)
  })
})

test('a tab of a client that is not for who looks says so, and asks for nothing that would be refused', async () => {
  const { page, faults, close } = await signedIn(prepared.looker)
  const asked = await injectFaults(page, around)
  const uid = prepared.ids['/clients/$uid'] ?? ''
  for (const address of tabsOfClient(uid)) {
    await follow(page, address)
    await settle(page)
    await page.getByRole('heading', { name: 'Vous n’avez pas accès à cette page' }).waitFor()
    await speaksFrench(page)
    assert.deepEqual(
      [...asked.asked()].filter((path) => path !== `/api/v1/clients/${uid}`),
      [],
    )
  }
  assert.deepEqual(faults, [])
  await close()
})

test('every tab of a client that is new says that there is nothing yet', async () => {
  const administrator = { username: firstAdministrator, password: adminPassword }
  const { page, faults, close } = await signedIn(administrator)
  await follow(page, '/clients')
  await page.getByRole('button', { name: 'Nouveau client' }).first().click()
  await page.getByRole('dialog').getByLabel('Nom').fill('Boulangerie neuve')
  await page.getByRole('dialog').getByRole('button', { name: 'Créer' }).click()
  await page.getByRole('heading', { name: 'Boulangerie neuve', level: 1 }).waitFor()
  const uid = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  for (const address of tabsOfClient(uid)) {
    await follow(page, address)
    await isWell(page)
    await keep(page, 'empty', address.replace(uid, 'new'))
    assert.ok((await page.locator('#content [role=tabpanel]').filter({ visible: true }).textContent())?.trim(), address)
    await speaksFrench(page)
  }
  assert.deepEqual(faults, [])
  await close()
})

test('what is not there, or another account’s, is told with a way back, and lists of a new account are empty', async () => {
  const user = { username: firstAdministrator, password: adminPassword }
  await everyScreen(user, async ({ page }) => async ({ route, address, missing }) => {
    if (!/\$/.test(route)) {
      await follow(page, address)
      return isWell(page)
    }
    const isOfAll = /^\/(workflows|reports\/templates|notifications\/templates|scorecards)\//.test(route)
    for (const one of [missing, missing && route.replace(/\$\w+/, 'x~'), isOfAll ? undefined : address]) {
      if (!one) continue
      await follow(page, one)
      await settle(page)
      await keep(page, 'missing', one)
      const told = await page.getByRole('heading', { name: 'Il n’y a rien ici' }).count()
      assert.ok(told > 0, `${one} does not say that there is nothing`)
      assert.ok((await page.locator('#content').getByRole('link').count()) > 0, `${one}: no way back`)
      await speaksFrench(page)
    }
  })
})

test('the console waits for a server that does not answer, says so, and goes on when it does', async () => {
  const { page, close } = await signedIn(prepared.owner)
  const faults = await injectFaults(page, /(?:)(?!)/)
  faults.set('held')
  await page.goto('/console/clients')
  await page.getByRole('status', { name: 'Chargement' }).waitFor()
  faults.release('lost')
  await page.getByRole('heading', { name: 'Cela n’a pas fonctionné', level: 1 }).waitFor()
  await page.getByText('Le serveur ne répond pas.').waitFor()
  faults.set('none')
  await page.getByRole('button', { name: 'Réessayer' }).click()
  await page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor()
  await isWell(page)
  await close()
})

test('whose session has ended signs in over the page where he wants to be, and it is read then', async () => {
  const { page, faults: thrown, close } = await signedIn(prepared.owner)
  await follow(page, '/invoices?status=draft')
  await settle(page)
  const { access: token } = await signInAs(app, prepared.owner)
  const ended = await app.request('/api/v1/sessions', { method: 'DELETE', token })
  assert.equal(ended.status, 200, ended.text)
  await follow(page, `/customers/${prepared.ids['/customers/$id']}`).catch(() => undefined)
  const again = page.locator('dialog.sign-in-again')
  await again.locator('input[name=username]').fill(prepared.owner.username)
  await again.locator('input[name=password]').fill(prepared.owner.password)
  await again.getByRole('button', { name: 'Se connecter' }).click()
  await again.waitFor({ state: 'detached' })
  await page.waitForURL(/\/customers\//)
  await isWell(page)
  assert.deepEqual(thrown, [])
  await close()
})

test('what is refused is told at its field or in a notice, in the reader’s language, and what was typed stays', async () => {
  const { page, faults: thrown, close } = await signedIn(prepared.owner)
  await follow(page, '/clients')
  const faults = await injectFaults(page, around)
  await page.getByRole('button', { name: 'Nouveau client' }).click()
  const dialog = page.getByRole('dialog')
  const [name, siret] = [dialog.getByLabel('Nom'), dialog.getByLabel('SIRET')]
  await name.fill('Boulangerie Martin')
  await siret.fill('356 000 000 00048')
  const unknown = { field: 'body.name', message: serverWords, code: 'never_heard_of', parameters: {} }
  const refusals: [status: number, code: string, details: object[], told: string][] = [
    [422, 'validation_failed', [unknown], 'Cette valeur ne convient pas.'],
    [409, 'client_name_taken', [], frCodes.client_name_taken],
    [429, 'rate_limited', [], frCodes.rate_limited],
    [409, 'never_heard_of', [], 'Cette action ne convient pas à l’état actuel.'],
  ]
  for (const [status, code, details, told] of refusals) {
    faults.set({ status, body: { error: { code, message: serverWords, details } } })
    await dialog.getByRole('button', { name: 'Créer' }).click()
    await page.getByText(told).first().waitFor()
    await speaksFrench(page)
    assert.deepEqual([await name.inputValue(), await siret.inputValue()], ['Boulangerie Martin', '356 000 000 00048'])
  }
  faults.set('none')
  await dialog.getByRole('button', { name: 'Créer' }).click()
  await page.getByRole('heading', { name: 'Boulangerie Martin', level: 1 }).waitFor()
  assert.deepEqual(thrown, [])
  await close()
})
