/** A tenant that has used everything there is to use. */
import assert from 'node:assert/strict'
import { builtInScorecard } from '#features/scoring/index.ts'
import type { TestApp } from './app.ts'
import { setUpTotp } from './identity.ts'
import { signInAs } from './prepared-client.ts'
import type { Subject } from './route-example.ts'
import { syslogForwarding } from './route-examples-audit.ts'
import { pendingCheck } from './route-examples-checks.ts'
import { useImports } from './route-examples-imports.ts'
import { useLedger } from './route-examples-ledger.ts'
import { useNotifications } from './route-examples-notifications.ts'
import { giveConsent, registerClient } from './route-examples-oauth2-clients.ts'
import { passwordLink } from './route-examples-people.ts'
import { usePersonalData } from './route-examples-personal-data.ts'
import { useReports } from './route-examples-reports.ts'
import { insertPasskey, pendingSignIn, presentCode } from './route-examples-sessions.ts'
import { useWorkflows } from './route-examples-workflows.ts'

/** One row at least of the subject's tenant in every table of tenants. */
export async function useEverything(app: TestApp, subject: Subject): Promise<void> {
  const { tenantId } = subject.client
  const own = { tenantId, userId: subject.user.id }
  const { access: token } = await signInAs(app, subject.user)
  await insertPasskey(app, { ...own, id: `passkey-of-${own.userId}` })
  await passwordLink(app, own)
  await giveConsent(app, { ...own, registeredClientId: (await registerClient(app, token)).id })
  await useLedger(app, token)
  await useImports(app, token, tenantId)
  await pendingCheck(app, tenantId, 'audit_verification')
  await useNotifications(app, token, subject.user.username)
  await useWorkflows(app, token, subject)
  await useReports(app, token)
  for (const [method, path, body] of [
    ['POST', '/api/v1/roles', { name: 'own_role', permissions: ['client:view'] }],
    ['POST', '/api/v1/users/invitations', { email: 'invited@example.com', roles: ['viewer'] }],
    ['PUT', '/api/v1/rate-limits', { user: 5000 }],
    ['POST', '/api/v1/scorecards/', { definition: builtInScorecard }],
    ['PUT', `/api/v1/clients/${subject.client.uid}/analysis-quota/`, { perMonth: 100 }],
    ['POST', '/api/v1/metadata/attributes/', { name: 'own_attribute', type: 'string' }],
    ['POST', '/api/v1/mfa/passkeys/registration/options', undefined],
    ['PUT', '/api/v1/audit/settings', { retention_days: 3650 }],
    ['POST', '/api/v1/audit/checkpoints', undefined],
    ['POST', '/api/v1/export', { entity_type: 'customers', format: 'csv' }],
    ['POST', '/api/v1/audit/forwardings', syslogForwarding()],
  ] as const) {
    const answer = await app.request(path, { method, token, ...(body ? { body } : {}) })
    assert.ok(answer.status < 300, `${path}: ${answer.status} ${answer.text}`)
  }
  const exchange = { method: 'POST', body: { apiKey: subject.client.apiKey } }
  assert.equal((await app.request('/api/v1/auth/token/', exchange)).status, 200)
  await setUpTotp(app, token, presentCode)
  await pendingSignIn(app, subject)
  await usePersonalData(app, subject)
}
