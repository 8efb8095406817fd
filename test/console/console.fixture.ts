/** The console in Debian's Chromium against a real server: builds it when it is older than its sources. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page, Request } from 'playwright-core'
import { chromium } from 'playwright-core'
import { buildConsoleIfNeeded } from '#src/cli/console-build.ts'
import { adminPassword, firstAdministrator } from '#test/support/app.ts'

const flags = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
]

/** Where to keep pictures of the screens, for people to look at; absent: none are made. */
const pictures = process.env.CONSOLE_PICTURES

export const looks = {
  'en-light': { locale: 'en-GB', colorScheme: 'light', viewport: { width: 1280, height: 860 } },
  'fr-dark': { locale: 'fr-FR', colorScheme: 'dark', viewport: { width: 1280, height: 860 } },
  'fr-light': { locale: 'fr-FR', colorScheme: 'light', viewport: { width: 1280, height: 860 } },
  'en-dark': { locale: 'en-GB', colorScheme: 'dark', viewport: { width: 1280, height: 860 } },
  'fr-phone': { locale: 'fr-FR', colorScheme: 'light', viewport: { width: 390, height: 800 }, isMobile: true },
} satisfies Record<string, BrowserContextOptions>
export type Look = keyof typeof looks

export async function openBrowser(): Promise<Browser> {
  await buildConsoleIfNeeded()
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: flags })
}

/** `faults`: what the browser blocked or a script threw; an answer that refuses (4xx) is none. */
export type Opened = { page: Page; faults: string[]; close(): Promise<void> }

export async function openConsole(browser: Browser, url: string, look: Look = 'en-light'): Promise<Opened> {
  const context = await browser.newContext({ ...looks[look], baseURL: url, reducedMotion: 'reduce' })
  const page = await context.newPage()
  const faults: string[] = []
  page.setDefaultTimeout(15_000)
  followRequests(page)
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) faults.push(message.text())
  })
  return { page, faults, close: () => context.close() }
}

const submitName = /^(Sign in|Se connecter)$/

export async function signIn(
  page: Page,
  user = { username: firstAdministrator, password: adminPassword },
): Promise<void> {
  await page.goto('/console/sign-in')
  await page.locator('input[name=username]').fill(user.username)
  await page.locator('input[name=password]').fill(user.password)
  await page.getByRole('button', { name: submitName }).click()
}

/** Waits for what the screen loads, looks at it with axe, and keeps a picture. */
export async function inspect(page: Page, name: string): Promise<void> {
  await settle(page)
  if (pictures) {
    mkdirSync(pictures, { recursive: true })
    await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true })
  }
  // A frame whose scripts the sandbox forbids (the preview of a report) never answers axe.
  const { violations } = await new AxeBuilder({ page })
    .exclude('iframe[sandbox]')
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze()
  const found = violations.map(
    (one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.html.slice(0, 160)}`).join(' | ')}`,
  )
  assert.deepEqual(found, [], name)
}

/** A picture of what the window shows; for people to look at, and for docs/images. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return
  mkdirSync(pictures, { recursive: true })
  // What was said of the step before would cover what the picture is of.
  const notices = (visibility: string) =>
    page.evaluate(
      `for (const one of document.querySelectorAll('.mantine-Notifications-root')) one.style.visibility = '${visibility}'`,
    )
  await notices('hidden')
  await page.screenshot({ path: `${pictures}/${name}.png` })
  await notices('')
}

export async function settle(page: Page): Promise<void> {
  await page.locator('h1').filter({ visible: true }).first().waitFor()
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
  const open = openRequests.get(page)
  const deadline = Date.now() + 15_000
  // Nothing asked for over five looks: a screen asks for the next thing as soon as it has the one before.
  for (let quiet = 0; quiet < 5; quiet++) {
    assert.ok(Date.now() < deadline, `still loading: ${[...(open ?? [])].map((one) => one.url()).join(', ')}`)
    await page.waitForTimeout(50)
    if (open && open.size > 0) quiet = -1
  }
}

const openRequests = new WeakMap<Page, Set<Request>>()

/** Requests that have not ended, but for streams of events, which end with the page. */
function followRequests(page: Page): void {
  const open = new Set<Request>()
  openRequests.set(page, open)
  page.on('request', (request) => {
    if (!/\/(?:stream|live)$/.test(new URL(request.url()).pathname)) open.add(request)
  })
  for (const ended of ['requestfinished', 'requestfailed'] as const) {
    page.on(ended as 'requestfinished', (request) => open.delete(request))
  }
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame()) for (const one of open) if (!one.isNavigationRequest()) open.delete(one)
  })
}

/** Every screen: accessible, within the policy, not wider than the window, nor than a phone. */
export async function inspectScreens(
  browser: Browser,
  url: string,
  given: { screens: readonly (readonly [name: string, path: string])[]; look: Look },
): Promise<void> {
  const { page, faults, close } = await openConsole(browser, url, given.look)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  for (const [name, path] of given.screens) {
    await page.goto(`/console${path}`)
    await inspect(page, `${name}-${given.look}`)
    const { viewport } = looks[given.look]
    for (const size of [viewport, { width: 360, height: 800 }]) {
      await page.setViewportSize(size)
      assert.ok(await fitsItsWidth(page), `${name} scrolls sideways at ${size.width}`)
    }
    await page.setViewportSize(viewport)
  }
  assert.deepEqual(faults, [])
  await close()
}

/** All looks where people look at pictures of them, or those that CONSOLE_LOOKS names (fr-phone,en-dark). */
export function looksOf(some: readonly Look[]): readonly Look[] {
  const wanted = process.env.CONSOLE_LOOKS?.split(',')
  if (!pictures) return some
  return (Object.keys(looks) as Look[]).filter((one) => !wanted || wanted.includes(one))
}

/** A window that has just become narrower lays itself out for a moment. */
export async function fitsItsWidth(page: Page): Promise<boolean> {
  const excess = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
  for (const deadline = Date.now() + 5000; Date.now() < deadline; await page.waitForTimeout(50)) {
    if ((await page.evaluate<number>(excess)) <= 1) return true
  }
  return false
}
