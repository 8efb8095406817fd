/** Master keys are lost for good: whatever needs what they encrypted says so, by its code; nothing fails as unexpected. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestApp } from './support/app.ts'
import { startTestApp } from './support/app.ts'
import { loseKeys } from './support/lost-keys.ts'
import type { Outside } from './support/outside.ts'
import { startOutside } from './support/outside.ts'
import type { PreparedClient } from './support/prepared-client.ts'
import { prepareClient, prepareUser, signInAs } from './support/prepared-client.ts'
import { operationOf } from './support/refused-callers.ts'
import type { Credential, Example, Subject } from './support/route-examples.ts'
import { addressOf, apiKey, bearer, exampleOf, requestOf } from './support/route-examples.ts'
import { useEverything } from './support/used-tenant.ts'

type Route = TestApp['routes'][number]
type Prepared = { route: Route; example: Example; credential: Credential }

test('no route answers with an unexpected failure about content whose key is lost', async () => {
  const outside = await startOutside()
  const app = await startTestApp({ config: outside.config })
  try {
    const prepared = await prepareEveryRoute(app, outside)
    await loseKeys(app)
    const unexpected: string[] = []
    let lost = 0
    for (const { route, example, credential } of prepared) {
      const answer = await app.request(addressOf(route, example), requestOf(route, example, credential))
      if (answer.status >= 500) unexpected.push(`${route.operationId}: ${answer.status} ${answer.text.slice(0, 200)}`)
      if (/content_lost|CONTENT_LOST|mfa_secret_lost|cannot be opened any more/.test(answer.text)) lost++
    }
    assert.deepEqual(unexpected, [])
    assert.ok(lost >= 10, `only ${lost} met lost content`)
  } finally {
    await app.close()
    await outside.stop()
  }
})

/** Their requests, as they would succeed now. */
async function prepareEveryRoute(app: TestApp, outside: Outside): Promise<Prepared[]> {
  const reading = await prepareClient(app, outside)
  await useEverything(app, { client: reading, user: await prepareUser(app, 'owner'), refreshToken: '' })
  const prepared: Prepared[] = []
  const unprepared: string[] = []
  for (const route of app.routes) {
    // What a change does to a client, the others would meet.
    const client = operationOf(route).effect === 'write' ? await prepareClient(app, outside) : reading
    const one = await prepareRoute(app, route, client).catch(() => null)
    if (one === null) unprepared.push(route.operationId)
    else prepared.push({ ...one, route })
  }
  assert.ok(unprepared.length < app.routes.length * 0.1, `too few could be prepared: not ${unprepared.join(', ')}`)
  return prepared
}

async function prepareRoute(
  app: TestApp,
  route: Route,
  client: PreparedClient,
): Promise<{ example: Example; credential: Credential } | null> {
  const { caller, arrange, request, prepare, succeedsIn } = exampleOf(route)
  if (succeedsIn) return null
  const subject: Subject = { client, user: await prepareUser(app, 'owner'), refreshToken: '' }
  await arrange?.(app, subject)
  const token = caller === 'nobody' && !prepare ? '' : (await signInAs(app, subject.user)).access
  const example = prepare ? await prepare({ app, subject, token }) : request(subject)
  return { example, credential: caller === 'nobody' ? {} : caller === 'client' ? apiKey(client.apiKey) : bearer(token) }
}
