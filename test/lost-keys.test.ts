/** Master keys are lost for good: what was entrusted under them is refused by a code until it is given again. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dataOf, errorOf, Partner, valuesOf } from '#contracts/partnerb2b/profiles.fixture.ts'
import { runAnalyses } from '#features/scoring/index.ts'
import type { TestApp } from './support/app.ts'
import { firstTenant, startTestApp } from './support/app.ts'
import { codeOf, createUser, post, postSession, setUpTotp, signInAs } from './support/identity.ts'
import { loseKeys } from './support/lost-keys.ts'
import { presentCode } from './support/route-examples-sessions.ts'

const iban = 'FR7630006000011234567890189'
let app: TestApp
let partner: Partner
before(async () => {
  app = await startTestApp()
  partner = new Partner(app, { token: await app.signIn() })
  const iban = { name: 'iban', type: 'string', sensitiveData: true, displayedName: 'IBAN' }
  const added = await partner.send('POST', 'metadata/attributes/', iban)
  assert.equal(added.status, 201, added.text)
})
after(() => app.close())

test('a profile with lost values takes changes that give them again, refuses others, and is whole afterwards', async () => {
  const own = new Partner(app, { token: await app.signIn(await app.createClient()) })
  const pk = await own.created({ iban })
  await loseKeys(app)
  const read = await own.send('GET', `profiles/${pk}/`)
  assert.deepEqual([read.status, errorOf(read).code], [409, 409])
  assert.match(errorOf(read).message, /cannot be opened any more.*give it again/)
  assert.equal((await own.list()).results[0]?.pk, pk)
  const other = await own.send('PATCH', `profiles/${pk}/`, { attributes: { lastname: 'Martin' } })
  assert.equal(other.status, 409)
  assert.equal(errorOf(other).details[0]?.attribute, 'iban')
  const again = await own.send('PATCH', `profiles/${pk}/`, { attributes: { iban, lastname: 'Martin' } })
  assert.equal(again.status, 200, again.text)
  const { iban: shown, lastname } = valuesOf(await own.read(pk))
  assert.deepEqual([shown, lastname], [iban, 'Martin'])
})

test('an analysis of a profile with lost values is tried for a while, fails, and says why', async () => {
  const own = new Partner(app, { token: await app.signIn(await app.createClient()) })
  const pk = await own.created({ iban })
  assert.equal((await own.send('POST', `profiles/${pk}/submit/`)).status, 200)
  const asked = dataOf<{ pk: number }>(await own.send('POST', `profiles/${pk}/analyses/`))
  await loseKeys(app)
  const job = { id: 'job', data: { tenantId: firstTenant, analysisPk: asked.pk } }
  // So often the queue tries again.
  for (let retry = 0; retry < 5; retry++)
    assert.deepEqual(await runAnalyses(app.runtime.services, [job]), [{ id: 'job', status: 'failed' }])
  assert.deepEqual(await runAnalyses(app.runtime.services, [job]), [{ id: 'job', status: 'completed' }])
  const { status, failure } = dataOf<{ status: string; failure: string }>(
    await own.send('GET', `analyses/${asked.pk}/`),
  )
  assert.deepEqual([status, failure], ['failed', 'content_lost'])
})

test('an authenticator whose secret is lost: the sign-in says so, and a backup code still opens the way to a new one', async () => {
  const user = await createUser(app, ['viewer'])
  const { access_token: token } = await signInAs(app, user)
  const { secret, backupCodes } = await setUpTotp(app, token, presentCode)
  await loseKeys(app)
  const refused = await postSession(app, user, { mfa_code: presentCode(secret) })
  assert.deepEqual([refused.status, codeOf(refused)], [409, 'mfa_secret_lost'])
  const begun = await signInAs(app, user)
  const body = { user_id: begun.user_id, mfa_token: begun.mfa_token, code: backupCodes[0], method: 'backup_code' }
  const proven = await post(app, '/api/v1/mfa/verify', { body })
  assert.equal(proven.status, 200, proven.text)
})
