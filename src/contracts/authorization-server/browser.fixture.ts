/** Debian's Chromium, and what the tests of the pages do with it. */
import type { Browser, BrowserContextOptions, CDPSession, Page } from 'playwright-core'
import { chromium } from 'playwright-core'

const flags = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
]

/** Where to keep pictures of the pages, for people to look at; absent: none are made. */
const pictures = process.env.OAUTH_PICTURES

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: flags })
}

export const looks = {
  'en-light': { locale: 'en-GB', colorScheme: 'light', viewport: { width: 1000, height: 760 } },
  'fr-dark': { locale: 'fr-FR', colorScheme: 'dark', viewport: { width: 1000, height: 760 } },
  'fr-phone': { locale: 'fr-FR', colorScheme: 'light', viewport: { width: 360, height: 740 }, isMobile: true },
  'en-phone-dark': { locale: 'en-GB', colorScheme: 'dark', viewport: { width: 360, height: 740 }, isMobile: true },
} satisfies Record<string, BrowserContextOptions>

/** `faults`: what stood in the console, which is where the browser says that it has blocked something. */
export type OpenPage = { page: Page; faults: string[]; close(): Promise<void> }

export async function openPage(browser: Browser, options: BrowserContextOptions): Promise<OpenPage> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    // A form that is answered with its faults (422) is logged by the browser; anything else is a fault of ours.
    if (message.type() === 'error' && !message.text().includes('422')) faults.push(message.text())
  })
  return { page, faults, close: () => context.close() }
}

export async function picture(page: Page, name: string): Promise<void> {
  if (pictures) await page.screenshot({ path: `${pictures}/oauth-${name}.png`, fullPage: true })
}

/** An authenticator in this computer whose owner always agrees. */
export async function addAuthenticator(page: Page): Promise<{ devtools: CDPSession; authenticatorId: string }> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return { devtools, authenticatorId }
}
