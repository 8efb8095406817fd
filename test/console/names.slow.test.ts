/** Persons and papers are told by what people call them, however many there are. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import type { Credentials } from '#test/support/identity.ts'
import { administrator, createUser, inDatabase, signInAs } from '#test/support/identity.ts'
import { inspect, looks, looksOf, openBrowser, openConsole, settle, signIn } from './console.fixture.ts'

let app: TestApp
let browser: Browser
/** Stands behind a hundred and fifty others in the list of users. */
let late: Credentials & { id: string }
let maker: Credentials & { id: string }
let token: string
const name = 'Zoé Lointaine'

before(async () => {
  ;[app, browser] = await Promise.all([startTestApp(), openBrowser()])
  await inDatabase(app, (client) =>
    client.query(
      `insert into users (tenant_id, id, email, email_key, display_name, password_hash)
       select 'tenant_001', 'user_0' || lpad(i::text, 25, '0'), 'n' || i || '@example.com', 'n' || i || '@example.com', 'N ' || i, 'x'
         from generate_series(1, 150) i`,
    ),
  )
  late = await createUser(app, ['admin'])
  await inDatabase(app, (client) => client.query('update users set display_name = $1 where id = $2', [name, late.id]))
  // Of its own: the browser signs in as the administrator, whose oldest sessions end.
  maker = await createUser(app, ['admin'])
  token = (await signInAs(app, maker)).access_token
})
after(async () => {
  await browser?.close()
  await app?.close()
})

/** @returns the answer's body */
async function made<Body>(path: string, body: object): Promise<Body> {
  const answer = await app.request(`/api/v1/${path}`, { method: 'POST', token, body })
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}

for (const look of looksOf(['en-light', 'fr-phone'])) {
  const isPhone = 'isMobile' in looks[look]

  test(`the audit log names whoever is on the page, and asks for nobody else (${look})`, async () => {
    await signInAs(app, late)
    const { page, faults, close } = await openConsole(browser, app.url, look)
    await signIn(page, administrator)
    await page.locator('#content h1').waitFor()
    await settle(page)
    const asked: string[] = []
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url())
      if (pathname.startsWith('/api/v1/users')) asked.push(`${pathname} ${searchParams.get('ids')}`)
    })
    await page.goto('/console/audit?category=authentication')
    await page.getByText(name).first().waitFor()
    await inspect(page, `names-audit-${look}`)
    assert.equal(await page.locator('#content').getByText(late.id).count(), 0)
    const others = [late, maker].map(({ id }) => id).sort()
    assert.deepEqual(asked, [`/api/v1/users ${others.join(',')}`])
    await page.locator('#content').getByRole('row').filter({ hasText: name }).first().getByRole('link').click()
    await page.getByRole('definition').filter({ hasText: name }).waitFor()
    assert.deepEqual(faults, [])
    await close()
  })

  test(`a workflow names the users whom its steps ask and tell, and who is gone by his identifier (${look})`, async () => {
    const gone = 'user_01h455vb4pex5vsknk084sn02q'
    const people = [late.id, 'role:owner']
    const actions = [
      { id: 'ask', type: 'approval', approvers: people, deadline: '2d', on_approved: 'tell' },
      { id: 'tell', type: 'notification', template: 'invoice_created', recipients: [late.id] },
    ]
    const definition = { name: `Ask her ${look}`, triggers: ['manual'], actions }
    const { id } = await made<{ id: string }>('workflows', { definition, activate: true })
    const { page, faults, close } = await openConsole(browser, app.url, look)
    await signIn(page, administrator)
    await page.locator('#content h1').waitFor()
    for (const path of [`/console/workflows/${id}`, `/console/workflows/${id}/edit`]) {
      await page.goto(path)
      await page.locator('#content').getByText(name).nth(1).waitFor()
      await inspect(page, `names-workflow${path.endsWith('edit') ? '-edit' : ''}-${look}`)
      const summaries = await page.locator('#content').getByText(name).allTextContents()
      assert.ok(!summaries.join().includes(late.id), summaries.join())
    }
    // Of somebody who is gone nothing is told as a failure.
    await inDatabase(app, (client) =>
      client.query(
        'update workflow_versions set definition = replace(definition::text, $1, $2)::json where workflow_id = $3',
        [late.id, gone, id],
      ),
    )
    await page.goto(`/console/workflows/${id}`)
    await page.locator('#content').getByText(gone).filter({ visible: true }).first().waitFor()
    await settle(page)
    assert.equal(await page.locator('#content').getByRole('alert').count(), 0)
    assert.deepEqual(faults, [])
    await close()
  })

  test(`a draft entry has no number, and a badge that says what it is (${look})`, async () => {
    const lines = [
      { account_number: '411000', account_label: 'Clients', label: 'Vente', debit: '120.00', credit: '0.00' },
      { account_number: '707000', account_label: 'Ventes', label: 'Vente', debit: '0.00', credit: '120.00' },
    ]
    const entry = (piece_ref: string) =>
      made<{ id: string }>('accounting-entries', {
        journal_code: 'VT',
        journal_label: 'Ventes',
        date: '2026-01-15',
        piece_ref,
        piece_date: '2026-01-15',
        label: 'Vente',
        lines,
      })
    await entry(`DRAFT-${look}`)
    const { id } = await entry(`FINAL-${look}`)
    await made('accounting-entries/validate', { entry_ids: [id] })
    const { page, faults, close } = await openConsole(browser, app.url, look)
    await signIn(page, administrator)
    await page.locator('#content h1').waitFor()
    const draftWord = /^(Draft|Brouillon)$/
    const numberColumn = /^(Number|Numéro)$/
    for (const [screen, path] of [
      ['entries', '/console/entries'],
      ['lines', '/console/entries/account?account=411000'],
    ] as const) {
      await page.goto(path)
      const row = (piece: string) =>
        page
          .locator('#content')
          .getByRole('row')
          .filter({ hasText: `${piece}-${look}` })
      await row('DRAFT').waitFor()
      await inspect(page, `names-${screen}-${look}`)
      const cells = await row('DRAFT').locator('td').all()
      const labels = await Promise.all(cells.map((one) => one.getAttribute('data-label')))
      const at = labels.findIndex((one) => numberColumn.test(one ?? ''))
      assert.ok(at >= 0, labels.join())
      assert.equal(await row('DRAFT').locator('td').nth(at).textContent(), '')
      assert.match((await row('FINAL').locator('td').nth(at).textContent()) ?? '', /\d/)
      if (isPhone) assert.ok(await row('DRAFT').locator('td').nth(at).isHidden(), 'a label with nothing behind it')
      assert.equal(await row('DRAFT').getByText(draftWord).count(), 1)
      assert.equal(await row('FINAL').getByText(draftWord).count(), 0)
    }
    assert.deepEqual(faults, [])
    await close()
  })
}
