/** Faults between the console and its server: answers that are held back, refuse, break or never come. */
import type { CDPSession, Page } from 'playwright-core'

/** An object: an answer that the server never gave. */
export type Fault = 'none' | 'held' | 'lost' | { status: number; body?: object }

/** What no reader should ever see. */
export const serverWords = 'Unexpected null in row 17'

export type Faults = {
  /** Of the requests that come from now on. */
  set(fault: Fault): void
  /** The requests that are held back are treated so, and those that come from now on. */
  release(fault: Exclude<Fault, 'held'>): void
  /** How many requests of the screen wait for their answer. */
  held(): number
  /** Only requests of these paths are treated so from now on; null: all of them. */
  only(paths: ReadonlySet<string> | null): void
  /** The paths that were asked for since the last call, but for those that are spared. */
  asked(): Set<string>
}

/** As a server answers that failed and says more than it should. */
const failure = { error: { code: 'INTERNAL_ERROR', message: serverWords, details: [{ message: serverWords }] } }

/**
 * Through the browser's own interception: unlike a page's routes it leaves the cache on.
 * `spare`: paths that are answered well whatever happens.
 */
export async function injectFaults(page: Page, spare: RegExp): Promise<Faults> {
  const devtools = await page.context().newCDPSession(page)
  let now: Fault = 'none'
  let waiting: string[] = []
  let chosen: ReadonlySet<string> | null = null
  let paths = new Set<string>()
  devtools.on('Fetch.requestPaused', ({ requestId, request }) => {
    const { pathname } = new URL(request.url)
    if (!spare.test(pathname)) paths.add(pathname)
    if (spare.test(pathname) || chosen?.has(pathname) === false) void answer(devtools, requestId, 'none')
    else if (now === 'held') waiting.push(requestId)
    else void answer(devtools, requestId, now)
  })
  await devtools.send('Fetch.enable', {
    patterns: ['*/api/v1/*', '*/oauth2-service/*'].map((urlPattern) => ({ urlPattern })),
  })
  return {
    set: (fault) => {
      now = fault
    },
    release: (fault) => {
      now = fault
      const due = waiting
      waiting = []
      for (const requestId of due) void answer(devtools, requestId, fault)
    },
    held: () => waiting.length,
    only: (given) => {
      chosen = given
    },
    asked: () => {
      const found = paths
      paths = new Set()
      return found
    },
  }
}

/** A request whose page has gone meanwhile needs no answer. */
async function answer(devtools: CDPSession, requestId: string, fault: Exclude<Fault, 'held'>): Promise<void> {
  await send(devtools, requestId, fault).catch(() => undefined)
}

function send(devtools: CDPSession, requestId: string, fault: Exclude<Fault, 'held'>): Promise<unknown> {
  if (fault === 'none') return devtools.send('Fetch.continueRequest', { requestId })
  if (fault === 'lost') return devtools.send('Fetch.failRequest', { requestId, errorReason: 'ConnectionReset' })
  return devtools.send('Fetch.fulfillRequest', {
    requestId,
    responseCode: fault.status,
    responseHeaders: [
      { name: 'content-type', value: 'application/json' },
      { name: 'x-request-id', value: 'req_of_the_fault' },
    ],
    body: Buffer.from(JSON.stringify(fault.body ?? failure)).toString('base64'),
  })
}
