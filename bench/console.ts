/**
 * Measures the console in Chromium against a real server: node bench/console.ts [--events N] [--rounds N] [--throttle N]
 * What the figures mean: docs/performance-console.md.
 */
import os from 'node:os'
import { parseArgs } from 'node:util'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { sealNewEvents } from '#features/audit/index.ts'
import { buildConsoleIfNeeded } from '#src/cli/console-build.ts'
import type { TestApp } from '#test/support/app.ts'
import { adminPassword, firstAdministrator, firstTenant, startTestApp } from '#test/support/app.ts'
import { withOwner } from '#test/support/owner-query.ts'
import { median } from './statistics.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    throttle: { type: 'string', default: '4' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
})
const [events, rounds, throttle] = [values.events, values.rounds, values.throttle].map(Number) as [
  number,
  number,
  number,
]
const flags = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
]

/** Kept by the page itself, from its first moment on: how long its thread was taken, in milliseconds. */
const watchLongTasks = `
  globalThis.longTasks = []
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((one) => Math.round(one.duration))))
    .observe({ type: 'longtask', buffered: true })`

async function fillAuditLog(app: TestApp): Promise<void> {
  await withOwner(app.database, async (owner) => {
    await owner.query(
      `insert into audit_inbox (tenant_id, id, occurred_at, category, severity, action, description, actor, context, user_id)
       select $1, 'evt_bench' || lpad(n::text, 12, '0'), now() - make_interval(secs => ($2::integer - n) * 10),
              (array['authentication', 'data_modification', 'configuration'])[1 + n % 3],
              case when n % 50 = 0 then 'warning' else 'info' end,
              (array['login_success', 'invoice.create', 'client.update', 'profile.view', 'webhook.replay'])[1 + n % 5],
              'One of many', json_build_object('type', 'user', 'user_id', 'user_' || n % 100, 'ip_address', '192.0.2.1'),
              '{}', 'user_' || n % 100
         from generate_series(1, $2::integer) n`,
      [firstTenant, events],
    )
  })
  // As a worker does it within a second of each event.
  await sealNewEvents(app.runtime.services)
  await withOwner(app.database, (owner) => owner.query('analyze audit_events'))
}

type Load = { bytes: number; paintedMs: number; usableMs: number; longest: number }

type Opened = { page: Page; devtools: CDPSession; received(): number; close(): Promise<void> }

async function open(browser: Browser, url: string, factor: number): Promise<Opened> {
  const context = await browser.newContext({
    baseURL: url,
    locale: 'en-GB',
    viewport: { width: 1280, height: 860 },
  })
  await context.addInitScript(watchLongTasks)
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  if (factor > 1) await devtools.send('Emulation.setCPUThrottlingRate', { rate: factor })
  let bytes = 0
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength
  })
  return { page, devtools, received: () => bytes, close: () => context.close() }
}

/** The moment, counted by the page's own clock, at which something can be seen and used. */
async function usable(page: Page, selector: string): Promise<number> {
  await page.locator(selector).first().waitFor()
  return page.evaluate<number>('Math.round(performance.now())')
}

const longest = (page: Page) => page.evaluate<number>('Math.max(0, ...longTasks)')
const painted = (page: Page) =>
  page.evaluate<number>(
    `Math.round(performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.now())`,
  )

/** Nothing more has come for half a second. `networkidle` never comes: the bell keeps a stream of events open. */
async function settled({ page, received }: Opened): Promise<void> {
  for (let before = -1; before !== received(); ) {
    before = received()
    await page.waitForTimeout(500)
  }
}

async function load(opened: Opened, path: string, selector: string): Promise<Load> {
  const before = opened.received()
  await opened.page.goto(`/console${path}`)
  const usableMs = await usable(opened.page, selector)
  await settled(opened)
  return {
    bytes: opened.received() - before,
    paintedMs: await painted(opened.page),
    usableMs,
    longest: await longest(opened.page),
  }
}

async function signIn(page: Page): Promise<void> {
  await page.goto('/console/sign-in')
  await page.locator('input[name=username]').fill(firstAdministrator)
  await page.locator('input[name=password]').fill(adminPassword)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('.figure-number').first().waitFor()
}

/** Sign-in with nothing cached, home with nothing cached, and both again with what the browser keeps. */
async function measureLoads(browser: Browser, url: string, factor: number): Promise<Record<string, Load>> {
  const first = await open(browser, url, factor)
  const signInCold = await load(first, '/sign-in', 'button[type=submit]')
  const signInWarm = await load(first, '/sign-in', 'button[type=submit]')
  await signIn(first.page)
  const homeWarm = await load(first, '/', '.figure-number')
  await first.devtools.send('Network.clearBrowserCache')
  const homeCold = await load(first, '/', '.figure-number')
  await first.close()
  return {
    'sign-in, nothing cached': signInCold,
    'sign-in, again': signInWarm,
    'home, nothing cached': homeCold,
    'home, again': homeWarm,
  }
}

type Scrolled = { rows: number; longestScrolling: number; longestTurning: number; frames: number; pageMs: number }

/** Through pages of the audit log as somebody who looks for something: to the end of each, and on to the next one. */
async function measureAuditLog(browser: Browser, url: string, factor: number): Promise<Scrolled> {
  const { page, close } = await open(browser, url, factor)
  await signIn(page)
  await page.goto('/console/audit')
  await page.locator('.listing tbody tr').nth(49).waitFor()
  const scroll = `new Promise((done) => {
    longTasks.length = 0
    let frames = 0
    const end = document.scrollingElement.scrollHeight - innerHeight
    const step = () => {
      scrollBy(0, 40); frames++
      if (scrollY < end - 1) requestAnimationFrame(step)
      else setTimeout(() => done({ frames, longest: Math.max(0, ...longTasks) }), 200)
    }
    requestAnimationFrame(step)
  })`
  let longestScrolling = 0
  let longestTurning = 0
  let frames = 0
  const turns: number[] = []
  const pages = 10
  for (let n = 0; n < pages; n++) {
    const scrolled = await page.evaluate<{ frames: number; longest: number }>(scroll)
    frames += scrolled.frames
    longestScrolling = Math.max(longestScrolling, scrolled.longest)
    await page.evaluate('longTasks.length = 0')
    const shown = await page.locator('.listing tbody tr a').first().getAttribute('href')
    const started = performance.now()
    await page.getByRole('button', { name: 'Next' }).click()
    // By the DOM, not by a function of ours in the page: its policy evaluates no text.
    await page.locator(`.listing tbody tr:first-child a:not([href="${shown}"])`).first().waitFor()
    turns.push(performance.now() - started)
    await page.evaluate('new Promise((done) => setTimeout(done, 200))')
    longestTurning = Math.max(longestTurning, await longest(page))
  }
  await close()
  return { rows: pages * 50, longestScrolling, longestTurning, frames, pageMs: Math.round(median(turns)) }
}

function middle(loads: readonly Load[]) {
  const of = (name: keyof Load) => loads.map((one) => one[name])
  return {
    'KB received': Math.round(median(of('bytes')) / 1024),
    'first paint, ms': Math.round(median(of('paintedMs'))),
    'usable, ms': Math.round(median(of('usableMs'))),
    'usable, worst': Math.max(...of('usableMs')),
    'longest task, ms': Math.max(...of('longest')),
  }
}

await buildConsoleIfNeeded()
console.log(
  `${os.cpus().length} cores, load ${os.loadavg()[0]?.toFixed(1)}, Node ${process.version}, ${new Date().toISOString()}`,
)
const app = await startTestApp()
const browser = await chromium.launch({ executablePath: values.chromium, args: flags })
console.log(`Chromium ${browser.version()}, ${events} audit events, ${rounds} rounds`)
try {
  await fillAuditLog(app)
  for (const factor of throttle > 1 ? [1, throttle] : [1]) {
    const all: Record<string, Load>[] = []
    for (let n = 0; n < rounds; n++) all.push(await measureLoads(browser, app.url, factor))
    const names = Object.keys(all[0] ?? {})
    console.log(`\nprocessor slowed ${factor} times`)
    console.table(Object.fromEntries(names.map((name) => [name, middle(all.flatMap((one) => one[name] ?? []))])))
    const audit = await measureAuditLog(browser, app.url, factor)
    console.table({
      'audit log': {
        'rows seen': audit.rows,
        frames: audit.frames,
        'longest task scrolling, ms': audit.longestScrolling,
        'longest task turning a page, ms': audit.longestTurning,
        'next page shown, ms': audit.pageMs,
      },
    })
  }
  console.log(`load at the end ${os.loadavg()[0]?.toFixed(1)}`)
} finally {
  await browser.close()
  await app.close()
}
process.exit(0)
