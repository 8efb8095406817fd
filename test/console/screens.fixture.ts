/** Every route of the console, each with an address where it shows something. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { TestApp } from '#test/support/app.ts'
import type { Outside } from '#test/support/outside.ts'
import type { PreparedUser } from '#test/support/prepared-client.ts'
import { prepareClient, prepareTenant, prepareUser, signInAs } from '#test/support/prepared-client.ts'
import { useEverything } from '#test/support/used-tenant.ts'

export type Screen = {
  route: string
  address: string
  /** The same with what is not there; of routes about one thing. */
  missing?: string
  /** Its content comes with its code: nothing is read before something is typed. */
  readsNothing?: boolean
  /** How many tabs its route has; each has an address. */
  tabs: number
}

/** Nobody has one of these. */
const unknown = '01890a5d-ac96-774b-bcce-b302099a8057'

/** Their content comes with their code. */
const readNothing: readonly string[] = ['/exports/new', '/entries/new']

/** What is there, by the route that shows it. */
export type Ids = Readonly<Record<string, string>>

/** The languages of a text that was read already. */
const languages: Readonly<Record<string, number>> = { '/notifications/templates/$id': 2 }

/** Beside the first one. */
const tabs: Readonly<Record<string, readonly string[]>> = {
  '/clients/$uid': ['keys', 'connections', 'email', 'webhook-secret'],
  '/notifications': ['preferences'],
  '/notifications/sent': ['settings'],
}
const questions: Readonly<Record<string, string>> = {
  '/entries/account': '?account=411000',
  '/reports/templates/new': '?from=monthly_sales',
  '/profiles/new': '?reference=R1',
}

/** As the router names them. */
export function routesOfConsole(): string[] {
  const source = readFileSync(path.join(import.meta.dirname, '../../console/src/app/router.tsx'), 'utf8')
  const routes = [...source.matchAll(/\bscreen\(\s*'([^']+)'/g)].map(([, route]) => route ?? '')
  assert.ok(routes.length >= 50, 'the routes are no longer written as they were')
  return routes
}

/** Every route and every tab of one. @throws where a route about one thing has nothing to show */
export function screensOf(ids: Ids): Screen[] {
  return routesOfConsole().flatMap((route) => {
    const key = /\$\w+/.exec(route)?.[0]
    const known = ids[route.replace(/(\$\w+).*/, '$1')]
    assert.ok(!key || known, `${route}: a new route needs something that it can show (idsOf)`)
    const base = key ? route.replace(key, known ?? '') : route
    const own = tabs[route]
    const count = languages[route] ?? (own ? own.length + 1 : 0)
    const common = { route, readsNothing: readNothing.includes(route), tabs: count }
    const plain = {
      ...common,
      address: base + (questions[route] ?? ''),
      ...(key ? { missing: missingOf(route, key) } : {}),
    }
    return [plain, ...(own ?? []).map((tab) => ({ ...common, address: `${base}?tab=${tab}` }))]
  })
}

const missingOf = (route: string, key: string) => route.replace(key, key === '$pk' ? '999999999' : unknown)

/** Addresses of a client's tabs. */
export const tabsOfClient = (uid: string) => (tabs['/clients/$uid'] ?? []).map((tab) => `/clients/${uid}?tab=${tab}`)

/** A tenant in which every route has something to show; who may see all of it, who may see nothing, and who may see clients. */
export async function prepareScreens(
  app: TestApp,
  outside: Outside,
): Promise<{ ids: Ids; owner: PreparedUser; nobody: PreparedUser; looker: PreparedUser }> {
  const tenantId = await prepareTenant(app)
  const client = await prepareClient(app, outside, { tenantId })
  const [first, owner] = [await prepareUser(app, 'owner', tenantId), await prepareUser(app, 'owner', tenantId)]
  const { access: token } = await signInAs(app, owner)
  const erased = await prepareUser(app, 'viewer', tenantId)
  const erasure = await askForErasure(app, token, erased.id)
  await useEverything(app, { client, user: first, refreshToken: '' })
  const withRole = async (name: string, permissions: string[]) => {
    const role = await app.request('/api/v1/roles', { method: 'POST', token, body: { name, permissions } })
    assert.equal(role.status, 201, role.text)
    return prepareUser(app, name, tenantId)
  }
  const nobody = await withRole('nothing', [])
  const looker = await withRole('looker', ['client:view'])
  const list = async (path: string, method = 'GET'): Promise<Named> => {
    const answer = await app.request(path, { token, method })
    assert.equal(answer.status, 200, `${path}: ${answer.text}`)
    return answer.body
  }
  const ids = {
    '/clients/$uid': client.uid,
    '/webhooks/$pk': String(client.webhook.pk),
    '/deliveries/$pk': String(client.webhook.deliveryPk),
    '/profiles/$pk': String(client.submittedPk),
    '/audit/$id': firstOf(await list('/api/v1/audit/events'), 'id'),
    '/workflows/$id': 'wf_invoice_approval',
    '/executions/$id': firstOf(await list('/api/v1/workflows/executions'), 'id'),
    '/reports/templates/$id': 'monthly_sales',
    '/imports/$id': firstOf(await list('/api/v1/import'), 'import_id'),
    '/customers/$id': firstOf(await list('/api/v1/customers'), 'id'),
    '/invoices/$id': firstOf(await list('/api/v1/invoices'), 'id'),
    '/entries/$id': firstOf(await list('/api/v1/accounting-entries'), 'id'),
    '/scorecards/$version': firstOf(await list('/api/v1/scorecards/'), 'version'),
    '/applications/$id': firstOf(await list('/oauth2-service/api/oauth2-clients/getAllClients', 'POST'), 'id'),
    '/notifications/sent/$id': firstOf(await list('/api/v1/notifications/deliveries'), 'id'),
    '/notifications/templates/$id': 'invoice_created',
    '/personal-data/users/$id': owner.id,
    '/personal-data/customers/$id': firstOf(await list('/api/v1/customers'), 'id'),
    '/personal-data/profiles/$pk': String(client.submittedPk),
    '/personal-data/erasures/$id': erasure,
  }
  return { ids, owner, nobody, looker }
}

/** Asked for before there is an import, beside which nobody can be erased. */
async function askForErasure(app: TestApp, token: string, userId: string): Promise<string> {
  const body = { subject_type: 'user', subject_id: userId }
  const answer = await app.request('/api/v1/personal-data/erasures', { method: 'POST', token, body })
  assert.equal(answer.status, 202, answer.text)
  return (answer.body as { erasure_id: string }).erasure_id
}

type Named = Record<string, unknown>

/** Of the first row of the list in an answer, wherever the contract puts it. */
function firstOf(answer: unknown, name: string): string {
  const found = rowsOf(answer)[0]?.[name]
  assert.ok(typeof found === 'string' || typeof found === 'number', `${name}: ${JSON.stringify(answer).slice(0, 300)}`)
  return String(found)
}

function rowsOf(answer: unknown): Named[] {
  if (Array.isArray(answer)) return answer as Named[]
  if (typeof answer !== 'object' || answer === null) return []
  return (
    Object.values(answer)
      .map(rowsOf)
      .find((rows) => rows.length > 0) ?? []
  )
}
