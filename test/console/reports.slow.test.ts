/** A report's way through the console: asked for, made, downloaded; and one that makes itself every Monday. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { inspect, inspectScreens, looksOf, openBrowser, openConsole, settle, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
let stopWorker: (() => Promise<void>) | undefined
before(async () => {
  ;[app, browser] = await Promise.all([startTestApp(), openBrowser()])
  stopWorker = await startWorker(app.runtime)
})
after(async () => {
  await browser?.close()
  await stopWorker?.()
  await app?.close()
})

test('a report is asked for, made while one looks on, and downloaded', async () => {
  const { page, faults, close } = await openConsole(browser, app.url, 'fr-light')
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/reports')
  await page.getByRole('button', { name: 'Nouveau rapport' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox', { name: 'Rapport' }).click()
  await page.getByRole('option', { name: 'Ventes du mois' }).click()
  await dialog.getByLabel(/^Mois/).fill('2026-10')
  await dialog.getByRole('button', { name: 'Aperçu' }).click()
  const shown = dialog.frameLocator('iframe')
  await shown.getByRole('heading', { level: 1 }).waitFor({ timeout: 60_000 })
  await inspect(page, 'report-preview-fr-light')
  await dialog.getByRole('button', { name: 'Produire' }).click()
  await page.getByText('Prêt', { exact: true }).waitFor({ timeout: 60_000 })
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /^Télécharger.*pdf/ }).click(),
  ])
  assert.equal(file.suggestedFilename(), 'monthly_sales-20261001-20261031.pdf')
  assert.equal(
    readFileSync(await file.path())
      .subarray(0, 5)
      .toString(),
    '%PDF-',
  )
  await inspect(page, 'reports-fr-light')
  assert.deepEqual(faults, [])
  await close()
})

test('a schedule says when it runs next, and can be paused', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/reports/schedules')
  await page.getByRole('button', { name: 'New schedule' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Weekly')
  await dialog.getByRole('combobox', { name: 'Report' }).click()
  await page.getByRole('option', { name: /week/i }).click()
  await dialog.getByLabel('Recipients').fill('team@example.com, boss@example.com')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByText(/^Mondays at 8:00 in /).waitFor()
  await inspect(page, 'schedules-en-light')
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('Paused', { exact: true }).waitFor()
  assert.deepEqual(faults, [])
  await close()
})

test('a template of one’s own is written by the form: faults at their fields, a preview beside, saved and deleted', async () => {
  const { page, faults, close } = await openConsole(browser, app.url)
  await signIn(page)
  await page.locator('#content h1').waitFor()
  await page.goto('/console/reports/templates')
  await page.getByRole('link', { name: 'New template' }).click()
  await page.getByLabel('Name for programs').fill('for_the_board')
  await page.getByLabel('Name in English').fill('For the board')
  for (let left = 7; left > 0; left--) {
    await page.getByRole('button', { name: /^Take away: 2/ }).click()
  }
  const add = async (kind: string) => {
    await page.getByRole('combobox', { name: 'Kind of section' }).click()
    await page.getByRole('option', { name: kind }).click()
    await page.getByRole('button', { name: 'Add the section' }).click()
  }
  await add('Text')
  const note = page.getByRole('region', { name: '2. Text' })
  await note.getByText('This is needed.').first().waitFor()
  assert.ok(await page.getByRole('button', { name: 'Save' }).isDisabled())
  await inspect(page, 'report-template-fault-en-light')
  await note.getByLabel('Text in English').fill('Provisional figures.')
  await add('Chart')
  const chart = page.getByRole('region', { name: '3. Chart' })
  await chart.getByRole('combobox', { name: 'Source' }).click()
  await page.getByRole('option', { name: 'Last twelve months' }).or(page.getByRole('option').nth(1)).first().click()
  await chart.getByLabel('Heading in English').fill('How it went')
  await page.getByLabel('Currency').fill('euro')
  await page.getByRole('button', { name: 'Move up: 3. Chart' }).click()
  await page.getByRole('region', { name: '2. Chart' }).waitFor()
  // What only the server knows stands at its field as well.
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.getByLabel('Currency').and(page.locator('[aria-invalid=true]')).waitFor()
  await page.getByLabel('Currency').fill('EUR')
  await page.getByRole('button', { name: 'Preview' }).click()
  const shown = page.frameLocator('iframe')
  await shown.getByRole('heading', { name: 'For the board', level: 1 }).waitFor({ timeout: 60_000 })
  await shown.getByRole('heading', { name: 'How it went' }).waitFor()
  await inspect(page, 'report-template-form-en-light')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'For the board', level: 1 }).waitFor()
  await page.getByText('JSON', { exact: true }).click()
  const blocks = page.getByLabel('Blocks')
  const written = JSON.parse(await blocks.inputValue()) as { type: string }[]
  assert.deepEqual(
    written.map((one) => one.type),
    ['tiles', 'chart', 'text'],
  )
  await blocks.fill('[{ "type": "tiles", "dataset": "nothing", "fields": ["total"] }]')
  await page.getByRole('alert').getByText('blocks.0.dataset').waitFor()
  await blocks.fill('[{ "type": "tiles", "dataset": "totals", "fields": ["total"] }]')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').first().waitFor()
  await page.goto('/console/reports')
  await settle(page)
  assert.equal(await page.getByRole('row').getByText('For the board').count(), 0, 'previews are not listed')
  await page.goto('/console/reports/templates/for_the_board')
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { name: 'Report templates' }).waitFor()
  await page.getByText('For the board').waitFor({ state: 'detached' })
  assert.deepEqual(faults, [])
  await close()
})

const screens = [
  ['reports', '/reports'],
  ['report-schedules', '/reports/schedules'],
  ['report-templates', '/reports/templates'],
  ['report-template-built-in', '/reports/templates/monthly_sales'],
  ['new-report-template', '/reports/templates/new'],
  ['new-report-template-json', '/reports/templates/new?side=json'],
] as const
for (const look of looksOf(['fr-phone'])) {
  test(`the screens of reports and their templates are accessible (WCAG 2.2 AA), within the policy, and fit: ${look}`, () =>
    inspectScreens(browser, app.url, { screens, look }))
}
