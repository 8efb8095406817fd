/** Tenants, users and clients that the tests across features act on, made through the operations themselves. */
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { createKey } from '#features/api-keys/index.ts'
import { createClientWithKey } from '#features/clients/index.ts'
import { setCredential } from '#features/credentials/index.ts'
import { createEmailConfig } from '#features/email-providers/index.ts'
import { createProfile, submitProfile, uploadDocument } from '#features/profiles/index.ts'
import { requestAnalysis, runAnalyses } from '#features/scoring/index.ts'
import { createTenant } from '#features/tenants/index.ts'
import { createUser } from '#features/users/index.ts'
import { generateSecret } from '#features/webhooks/index.ts'
import type { Actor } from '#platform/operations/actor.ts'
import type { Origin } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from './app.ts'
import { firstTenant } from './app.ts'
import type { Outside } from './outside.ts'
import type { PreparedWebhook } from './prepared-webhook.ts'
import { prepareWebhook } from './prepared-webhook.ts'

export const testOrigin: Origin = { requestId: 'test', ipAddress: '127.0.0.1', userAgent: null, via: 'test' }

export function systemOf(tenantId: string): { actor: Actor; origin: Origin } {
  return { actor: { kind: 'system', tenantId, name: 'test' }, origin: testOrigin }
}

let made = 0
export const unique = (word: string): string => `${word} ${++made}`

/** A client that has entrusted everything a client can. */
export type PreparedClient = {
  tenantId: string
  uid: string
  name: string
  apiKey: string
  apiKeyId: string
  /** A second key, with a name. */
  namedKey: string
  namedKeyId: string
  /** Its PDP and Chorus Pro secrets are encrypted with this one. */
  encryptionKey: string
  clientSecret: string
  webhookSecret: string
  mailSecret: string
  /** A draft that has everything it must have. */
  profilePk: number
  /** Of that profile. */
  documentPk: number
  /** A profile that was submitted, and its analysis, which is completed. */
  submittedPk: number
  analysisPk: number
  webhook: PreparedWebhook
}

export function mailgunConfig(secret: string): Record<string, unknown> {
  return { from_email: 'sender@example.com', api_key: secret, domain: 'mail.example.com' }
}

/** What the built-in catalogue asks of every profile. */
export function profileAttributes(): Record<string, unknown> {
  return {
    lastname: 'Durand',
    firstname: 'Élise',
    email: 'elise.durand@example.com',
    birth_date: '1990-02-28',
    phone_number: '06 12 34 56 78',
    monthly_income: 2500,
    monthly_charges: 400,
  }
}

/** A PDF, as far as its first bytes tell. */
export function statement(): Buffer {
  return Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n')
}

export async function prepareClient(
  app: TestApp,
  outside: Outside,
  options: { tenantId?: string; scopes?: readonly string[]; expiresAt?: string } = {},
): Promise<PreparedClient> {
  const tenantId = options.tenantId ?? firstTenant
  const { services } = app.runtime
  const as = systemOf(tenantId)
  const name = unique('Prepared')
  const { client, key } = await runForResult(services, createClientWithKey, { name }, as)
  const clientUid = client.uid
  const encryptionKey = randomBytes(32).toString('base64')
  const clientSecret = `client-secret-${randomBytes(12).toString('hex')}`
  const mailSecret = `mail-secret-${randomBytes(12).toString('hex')}`
  const fields = {
    flowServiceUrl: 'https://flow.example.com/v1',
    tokenUrl: outside.tokenUrl,
    oauthClientId: 'oauth-client',
    clientSecret,
    isActive: true,
    modeSandbox: true,
    encryptionMode: 'double' as const,
  }
  await runForResult(services, setCredential, { clientUid, kind: 'pdp', fields, encryptionKey }, as)
  await runForResult(services, setCredential, { clientUid, kind: 'chorus', fields, encryptionKey }, as)
  const { secret: webhookSecret } = await runForResult(services, generateSecret, { clientUid }, as)
  const config = mailgunConfig(mailSecret)
  await runForResult(services, createEmailConfig, { clientUid, provider: 'mailgun', config }, as)
  const profile = { clientUid, attributes: profileAttributes(), externalReference: 'prepared' }
  const { pk: profilePk } = await runForResult(services, createProfile, profile, as)
  const { id } = await services.files.write(tenantId, Readable.from([statement()]))
  const document = { clientUid, pk: profilePk, attribute: 'bank_statement', file: { id } }
  const { pk: documentPk } = await runForResult(services, uploadDocument, document, as)
  const submitted = await runForResult(services, createProfile, { ...profile, externalReference: 'submitted' }, as)
  await runForResult(services, submitProfile, { clientUid, pk: submitted.pk }, as)
  const analysis = await runForResult(services, requestAnalysis, { clientUid, profilePk: submitted.pk }, as)
  await runAnalyses(services, [{ id: 'prepared', data: { tenantId, analysisPk: analysis.pk } }])
  const scopes = options.scopes ? [...options.scopes] : null
  const expiresAt = options.expiresAt ?? null
  const named = await runForResult(services, createKey, { clientUid, name: 'named', scopes, expiresAt }, as)
  return {
    tenantId,
    uid: clientUid,
    name,
    apiKey: key.key,
    apiKeyId: key.id,
    namedKey: named.key,
    namedKeyId: named.id,
    encryptionKey,
    clientSecret,
    webhookSecret,
    mailSecret,
    profilePk,
    documentPk,
    submittedPk: submitted.pk,
    analysisPk: analysis.pk,
    webhook: await prepareWebhook(app, clientUid, as),
  }
}

export type PreparedUser = { id: string; username: string; password: string }

export async function prepareUser(app: TestApp, role: string, tenantId = firstTenant): Promise<PreparedUser> {
  const username = `user-${++made}@example.com`
  const password = `plain horse ${randomBytes(6).toString('hex')}`
  const input = { email: username, displayName: 'Test user', password, roles: [role] }
  const { id } = await runForResult(app.runtime.services, createUser, input, systemOf(tenantId))
  return { id, username, password }
}

export async function prepareTenant(app: TestApp): Promise<string> {
  const tenantId = `tenant_test_${++made}`
  await runForResult(app.runtime.services, createTenant, { name: tenantId }, systemOf(tenantId))
  return tenantId
}

/** Access and refresh token of a new session; with a client: at its level. */
export async function signInAs(
  app: TestApp,
  user: PreparedUser,
  clientUid?: string,
): Promise<{ access: string; refresh: string }> {
  const body = { username: user.username, password: user.password, ...(clientUid ? { client_uid: clientUid } : {}) }
  const answer = await app.request('/api/token/', { method: 'POST', body })
  if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${answer.text}`)
  return answer.body
}
