/** What the tests of states look for on a screen, in French: no word of the server is. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { settle } from './console.fixture.ts'
import type { Faults } from './faults.fixture.ts'
import { serverWords } from './faults.fixture.ts'

const retry = (page: Page) => page.locator('#content').getByRole('button', { name: 'Réessayer' })
export const failed = (page: Page) => page.locator('#content').getByRole('alert').filter({ hasText: 'Réessayer' })
export const busy = (page: Page) =>
  page
    .locator('#content')
    .locator('[aria-busy=true], .mantine-Skeleton-root, .mantine-Select-root .mantine-Loader-root')

type Wait = { what: string; look: () => Promise<boolean> | boolean }

export async function until(page: Page, { what, look }: Wait): Promise<void> {
  for (const deadline = Date.now() + 30_000; !(await look()); await page.waitForTimeout(40)) {
    assert.ok(Date.now() < deadline, what)
  }
}

/** As a link of the console would: nothing is loaded anew. */
export async function follow(page: Page, address: string): Promise<void> {
  await page.evaluate(`history.pushState({}, '', ${JSON.stringify(`/console${address}`)})`)
  const { pathname } = new URL(`http://console${address}`)
  const state = '__TSR_ROUTER__.state'
  const arrived = `${state}.status === 'idle' && ${state}.resolvedLocation.pathname === '${pathname}'`
  await until(page, { what: `${address} never came`, look: () => page.evaluate<boolean>(arrived) })
}

export const top = (page: Page) =>
  page.evaluate<number>(`document.querySelector('#content h1').getBoundingClientRect().top + scrollY`)

/** No answer as it came over the wire, and no word of the server, whose language is English. */
export async function speaksFrench(page: Page): Promise<void> {
  const text = (await page.locator('body').textContent()) ?? ''
  assert.ok(!text.includes(serverWords), `the server's words: ${text.slice(-300)}`)
  assert.equal(/.*(\{"|\[object|undefined|NaN).*/.exec(text)?.[0], undefined)
}

export async function isWell(page: Page): Promise<void> {
  await settle(page)
  assert.equal(await page.locator('#content').getByText('Cela n’a pas fonctionné').count(), 0)
  assert.equal(await page.locator('#content').getByText('Il n’y a rien ici').count(), 0)
  assert.equal(await busy(page).count(), 0)
}

/** Asked again until nothing is left to ask again. */
export async function recovers(page: Page, faults: Faults): Promise<void> {
  faults.set('none')
  await until(page, {
    what: 'did not recover',
    look: async () => {
      if ((await retry(page).count()) === 0) return true
      await retry(page)
        .first()
        .click({ timeout: 2000 })
        .catch(() => undefined)
      return false
    },
  })
  await isWell(page)
}
