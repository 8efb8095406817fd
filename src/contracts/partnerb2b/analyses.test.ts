/** From the request to the explanation, over HTTP and through the queue. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { builtInScorecard } from '#features/scoring/index.ts'
import { startWorker } from '#src/worker.ts'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { dataOf, errorOf, Partner } from './profiles.fixture.ts'

let app: TestApp
let stopWorker: () => Promise<void>
let account: Partner
let uid: string
let partner: Partner
before(async () => {
  app = await startTestApp()
  stopWorker = await startWorker(app.runtime)
  account = new Partner(app, { token: await app.signIn() })
  uid = await app.createClient()
  partner = new Partner(app, { token: await app.signIn(uid) })
})
after(async () => {
  await stopWorker()
  await app.close()
})

type Analysis = {
  pk: number
  status: string
  score: number | null
  version: number | null
  details: { debtRatio: number; reasons: { rule: string; points: number; text: { fr: string } }[] } | null
  completedAt: string | null
}

async function submitted(attributes: Record<string, unknown> = {}): Promise<number> {
  const pk = await partner.created(attributes)
  assert.equal((await partner.send('POST', `profiles/${pk}/submit/`)).status, 200)
  return pk
}

async function requested(profile: number): Promise<number> {
  const answer = await partner.send('POST', `profiles/${profile}/analyses/`)
  assert.equal(answer.status, 201, answer.text)
  return dataOf<Analysis>(answer).pk
}

async function completed(pk: number): Promise<Analysis> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const analysis = dataOf<Analysis>(await partner.send('GET', `analyses/${pk}/`))
    if (analysis.status === 'completed') return analysis
    assert.ok(performance.now() < deadline, `the analysis stays ${analysis.status}`)
    await delay(20)
  }
}

const solid = { monthly_income: 4000, monthly_charges: 400, professional_situation: 'cadre', years_in_current_job: 6 }

test('a submitted profile is analysed by the worker; the profile then shows it, also after a change', async () => {
  const profile = await submitted(solid)
  const pk = await requested(profile)
  const analysis = await completed(pk)
  assert.deepEqual([analysis.score, analysis.version, analysis.details?.debtRatio], [78, 1, 0.1])
  assert.match(analysis.completedAt ?? '', /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z$/)
  const read = (await partner.read(profile)) as unknown as { last_analyse: unknown }
  const { score, status, details, version } = analysis
  assert.deepEqual(read.last_analyse, { pk, score, status, details, version })
  const changed = await partner.send('PATCH', `profiles/${profile}/`, { attributes: { monthly_income: 4100 } })
  assert.deepEqual(dataOf<typeof read>(changed).last_analyse, read.last_analyse)
})

test('a draft is refused with the message of the contract, and shows no analysis', async () => {
  const profile = await partner.created()
  const answer = await partner.send('POST', `profiles/${profile}/analyses/`)
  assert.deepEqual([answer.status, errorOf(answer).message], [400, 'Profile not submitted'])
  assert.equal(((await partner.read(profile)) as unknown as { last_analyse: null }).last_analyse, null)
})

test('another client of the account is refused, another account finds nothing, the account itself may read all', async () => {
  const pk = await requested(await submitted())
  const neighbour = new Partner(app, { token: await app.signIn(await app.createClient()) })
  const { apiKey } = await app.register()
  const stranger = new Partner(app, { apiKey })
  for (const path of [`analyses/${pk}/`, `analyses/${pk}/explanation/`]) {
    assert.deepEqual([(await neighbour.send('GET', path)).status], [403])
    assert.deepEqual([(await stranger.send('GET', path)).status], [404])
  }
  assert.equal((await account.send('GET', `analyses/${pk}/`)).status, 200)
  for (const odd of ['0', '-1', 'x', '1.5', '9'.repeat(30)]) {
    assert.equal((await partner.send('GET', `analyses/${odd}/`)).status, 404, odd)
    assert.equal((await partner.send('POST', `profiles/${odd}/analyses/`)).status, 404, odd)
  }
})

test('the explanation is in the language of the query, else of the browser, else in French', async () => {
  const pk = await requested(await submitted())
  await completed(pk)
  const language = async (query: string, header?: string) => {
    const headers: Record<string, string> =
      header === undefined ? { 'accept-language': '' } : { 'accept-language': header }
    const answer = await partner.send('GET', `analyses/${pk}/explanation/${query}`, undefined, headers)
    assert.equal(answer.headers.get('content-language'), dataOf<{ language: string }>(answer).language)
    return dataOf<{ language: string }>(answer).language
  }
  assert.equal(await language(''), 'fr')
  assert.equal(await language('', 'en-GB,en;q=0.9,fr;q=0.5'), 'en')
  assert.equal(await language('', 'de,fr;q=0.5'), 'fr')
  assert.equal(await language('?lang=fr', 'en'), 'fr')
  assert.equal(await language('?lang=en', 'fr'), 'en')
  assert.equal((await partner.send('GET', `analyses/${pk}/explanation/?lang=de`)).status, 400)
})

test('a client that has used up its analyses is refused with 403, and sees its quota; only the account sets it', async () => {
  const own = await app.createClient()
  const client = new Partner(app, { token: await app.signIn(own) })
  const quota = `clients/${own}/analysis-quota/`
  assert.equal((await client.send('PUT', quota, { perMonth: 9 })).status, 403)
  assert.equal((await account.send('PUT', quota, { perMonth: 1 })).status, 200)
  const pks = [await client.created(), await client.created()]
  for (const pk of pks) await client.send('POST', `profiles/${pk}/submit/`)
  const answers: Answer[] = []
  for (const pk of pks) answers.push(await client.send('POST', `profiles/${pk}/analyses/`))
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [201, 403],
  )
  const [, refused] = answers
  assert.equal(refused && errorOf(refused).message, 'Not Allowed')
  assert.deepEqual(dataOf(await client.send('GET', quota)), {
    perMonth: 1,
    inTotal: null,
    usedInMonth: 1,
    usedInTotal: 1,
  })
  for (const odd of [{ perMonth: -1 }, { inTotal: 1.5 }, { perMonth: '1' }, { inTotal: 1e10 }]) {
    assert.equal((await account.send('PUT', quota, odd)).status, 400, JSON.stringify(odd))
  }
})

describe('a scorecard', () => {
  test('is drafted, tried out and activated over HTTP; what is wrong with it is told where it stands', async () => {
    const gendered = structuredClone(builtInScorecard)
    const [, , work] = gendered.rules
    assert.ok(work?.kind === 'choice')
    work.attribute = 'gender'
    const drafted = await account.send('POST', 'scorecards/', { definition: gendered })
    assert.equal(drafted.status, 201, drafted.text)
    const { version, problems } = dataOf<{ version: number; problems: { path: string; code: string }[] }>(drafted)
    assert.deepEqual(
      problems.map(({ path, code }) => [path, code]),
      [['rules.2.attribute', 'attribute_forbidden']],
    )
    const refused = await account.send('POST', `scorecards/${version}/activate/`)
    assert.equal(refused.status, 400)
    assert.equal(errorOf(refused).details[0]?.field, 'definition.rules.2.attribute')
    const checked = await account.send('POST', 'scorecards/validate/', { definition: gendered })
    assert.equal(dataOf<{ valid: boolean }>(checked).valid, false)

    const strict = structuredClone(builtInScorecard)
    strict.base = -5
    strict.rules[5] = { ...strict.rules[5], complete: { points: 15, reason: { fr: 'a', en: 'b' } } } as never
    assert.equal((await account.send('PUT', `scorecards/${version}/`, { definition: strict })).status, 200)
    const tried = await account.send('POST', `scorecards/${version}/try-out/?sample=100`)
    const outcome = dataOf<{ sampled: number; lowered: number; histogram: { after: number[] } }>(tried)
    assert.ok(outcome.sampled > 0)
    assert.equal(outcome.histogram.after.length, 10)
    assert.equal((await account.send('POST', `scorecards/${version}/activate/`)).status, 200)
    const analysis = await completed(await requested(await submitted(solid)))
    assert.deepEqual([analysis.version, analysis.score], [version, 73])
    const listed = dataOf<{ results: { version: number; status: string }[] }>(await account.send('GET', 'scorecards/'))
    assert.deepEqual(
      listed.results.map((one) => [one.version, one.status]),
      [
        [version, 'active'],
        [1, 'retired'],
      ],
    )
    assert.equal((await account.send('POST', `scorecards/${version}/retire/`)).status, 200)
    assert.equal((await partner.send('GET', 'scorecards/')).status, 403)
  })

  test('of another shape is refused with the place of the fault', async () => {
    const misspelt = { ...builtInScorecard, grads: [] }
    const answer = await account.send('POST', 'scorecards/', { definition: misspelt })
    assert.equal(answer.status, 400)
    assert.match(JSON.stringify(errorOf(answer).details), /definition/)
    for (const definition of [
      null,
      [],
      'x',
      {},
      { ...builtInScorecard, rules: [] },
      { ...builtInScorecard, base: 0.5 },
    ]) {
      assert.equal((await account.send('POST', 'scorecards/', { definition })).status, 400, JSON.stringify(definition))
    }
  })
})
