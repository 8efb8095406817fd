/** What the server refuses, as the console tells it in each language: rows of a file, and faults within what was sent. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { inspect, openBrowser, openConsole, picture, settle, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
let client: string
let stopWorker: (() => Promise<void>) | undefined
before(async () => {
  ;[app, browser] = await Promise.all([startTestApp(), openBrowser()])
  stopWorker = await startWorker(app.runtime)
  client = await app.createClient('Of the mail provider')
})
after(async () => {
  await browser?.close()
  await stopWorker?.()
  await app?.close()
})

type Texts = { [name: string]: string | Texts }
type Say = (key: string, parameters?: Readonly<Record<string, string | number>>) => string

const flat = (texts: Texts, before: string): [string, string][] =>
  Object.entries(texts).flatMap(([name, value]) =>
    typeof value === 'string' ? [[before + name, value] as [string, string]] : flat(value, `${before}${name}.`),
  )

/** The console's texts of a language. */
async function wordsOf(language: 'en' | 'fr'): Promise<Say> {
  const folder = path.join(import.meta.dirname, '../../console/src/texts')
  const files = readdirSync(folder).filter((file) => file.startsWith(`${language}-`))
  const modules = await Promise.all(files.map((file) => import(path.join(folder, file)) as Promise<Texts>))
  const all = new Map(modules.flatMap((module) => Object.values(module).flatMap((texts) => flat(texts as Texts, ''))))
  return (key, parameters = {}) => {
    const text = all.get(key) ?? assert.fail(`${language} has no ${key}`)
    return text.replace(/\{\{(\w+)\}\}/g, (_whole, name: string) => String(parameters[name] ?? ''))
  }
}

type Visit = { page: Page; say: Say; name: string }

async function inBothLanguages(visit: (given: Visit) => Promise<void>): Promise<void> {
  for (const language of ['en', 'fr'] as const) {
    const { page, faults, close } = await openConsole(browser, app.url, `${language}-light`)
    await signIn(page)
    await page.locator('#content h1').waitFor()
    await visit({ page, say: await wordsOf(language), name: language })
    assert.deepEqual(faults, [])
    await close()
  }
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

const file = [
  'code;nom;e-mail;siret;pays',
  'W1;;pas-un-mail;;FR',
  'W2;Dupont SARL;;123;FR',
  `W3;${'x'.repeat(300)};;;FR`,
  'W4;Martin;;;FR;extra',
  'W5;Bien;bien@example.com;;FR',
].join('\r\n')
const reasons: readonly (readonly [code: string, parameters?: Readonly<Record<string, string | number>>])[] = [
  ['row_needed'],
  ['row_email'],
  ['row_siret'],
  ['row_too_long', { limit: 255 }],
  ['row_cells', { cells: 6, columns: 5 }],
]

test('rows of a file are refused in the language of whoever imports it: before the import, and after', () =>
  inBothLanguages(async ({ page, say, name }) => {
    await page.goto('/console/imports/new')
    await page.locator('.file-drop').waitFor()
    const input = page.locator('input[type=file]').first()
    await input.setInputFiles({ name: 'clients.csv', mimeType: 'text/csv', buffer: Buffer.from(file) })
    await button(page, say('imports.next')).click()
    const told = reasons.map(([code, parameters]) => say(`fault.${code}`, parameters))
    for (const text of told) await page.getByRole('cell', { name: text, exact: true }).waitFor()
    await inspect(page, `words-import-check-${name}`)
    await button(page, say('imports.start')).click()
    await page.getByText(say('imports.end.completed')).waitFor()
    const cells = page.getByRole('region', { name: say('imports.seeRefused') }).getByRole('cell')
    for (const text of told) await cells.filter({ hasText: text }).first().waitFor()
    await inspect(page, `words-import-refused-${name}`)

    await page.goto('/console/imports/new')
    await page.locator('.file-drop').waitFor()
    await input.setInputFiles({ name: 'clients.csv', mimeType: 'text/csv', buffer: Buffer.from(file) })
    await button(page, say('imports.next')).click()
    await page.getByLabel(say('imports.allOrNothing')).check()
    await button(page, say('imports.start')).click()
    await page.getByText(say('imports.stopped')).waitFor()
    await page.getByRole('cell', { name: told[0] ?? '' }).waitFor()
    await inspect(page, `words-import-stopped-${name}`)
  }))

test('an application, a webhook, an export and a mail provider are refused in words that say what is wrong', () =>
  inBothLanguages(async ({ page, say, name }) => {
    const shows = async (code: string, parameters?: Readonly<Record<string, string>>) => {
      const told = page.getByText(say(`fault.${code}`, parameters)).first()
      await told.waitFor()
      await told.scrollIntoViewIfNeeded()
      await picture(page, `words-${code}-${name}`)
    }
    await page.goto('/console/applications')
    await button(page, say('applications.create')).first().click()
    await page.getByLabel(say('applications.name')).fill('Shop')
    await page.getByLabel(say('applications.clientId')).fill('-shop')
    const address = 'http://shop.example/back'
    await page.getByLabel(say('applications.redirects')).fill(address)
    await button(page, say('action.create')).click()
    await page.getByText(say('fault.oauth_client_id_form')).waitFor()
    await shows('oauth_url_https', { url: `"${address}"` })

    await page.goto('/console/webhooks')
    await button(page, say('webhooks.create')).first().click()
    await page.getByLabel(say('webhooks.address')).fill('https://192.168.1.10/hooks')
    await button(page, say('action.create')).click()
    await shows('webhook_url_inside')

    await page.goto('/console/exports/new')
    await page.getByRole('combobox', { name: say('exports.entity') }).click()
    await page.getByRole('option', { name: say('entity.accounting_entries') }).click()
    await page.getByRole('textbox', { name: say('column.fiscal_year') }).fill('20240131000')
    // The form itself stops it: what comes from elsewhere is refused by the server.
    await page.evaluate(`document.querySelector('#content form').noValidate = true`)
    await button(page, say('exports.start')).click()
    await shows('export_filter_integer')

    await page.goto(`/console/clients/${client}`)
    await page.getByRole('tab', { name: say('email.title') }).click()
    await button(page, say('connection.setUp')).click()
    await page.getByLabel(say('email.host')).fill('bad host!')
    await page.getByLabel(say('email.from_email')).fill('noreply@example.com')
    await button(page, say('action.save')).click()
    await shows('mail_host')
  }))

/** No screen sets up forwardings: their refusal is told where a webhook's would be. */
test('so would the forwarding of the audit log be', () =>
  inBothLanguages(async ({ page, say, name }) => {
    await page.route('**/api/v1/webhooks/configure/', (route) => {
      const url = new URL('/api/v1/audit/forwardings', route.request().url()).href
      return route.continue({ url, postData: JSON.stringify({ kind: 'syslog', host: 'a b' }) })
    })
    await page.goto('/console/webhooks')
    await settle(page)
    await button(page, say('webhooks.create')).first().click()
    await page.getByLabel(say('webhooks.address')).fill('https://siem.example')
    await button(page, say('action.create')).click()
    await page.getByText(say('fault.siem_host')).first().waitFor()
    await picture(page, `words-siem_host-${name}`)
  }))
