/** The API documents are valid OpenAPI 3.1, name the models of the published ones, and promise only what is served. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dereference, validate } from '@scalar/openapi-parser'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'

let app: TestApp
before(async () => {
  app = await startTestApp({ config: { publicUrl: 'https://api.example' } })
})
after(() => app.close())

type Operation = { operationId: string; tags: string[]; responses: Record<string, object>; security?: object[] }
type Document = {
  openapi: string
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

const addresses = [
  '/openapi.json',
  '/openapi/factpulse.json',
  '/openapi/chatapi.json',
  '/openapi/azalscore.json',
  '/openapi/oauth2-clients.json',
  '/openapi/partnerb2b.json',
]
const load = async (address: string): Promise<Document> => (await app.request(address)).body

test('every API document is valid OpenAPI 3.1, and each reference in it leads somewhere', async () => {
  for (const address of addresses) {
    const document = await load(address)
    const result = await validate(structuredClone(document))
    assert.deepEqual([result.valid, result.errors ?? []], [true, []], address)
    const { errors } = dereference(structuredClone(document))
    assert.deepEqual(errors ?? [], [], address)
    assert.equal(document.openapi, '3.1.0')
    assert.deepEqual(document.servers, [{ url: 'https://api.example' }])
  }
})

test('no schema is put together of parts that refuse each other’s fields, so that nothing could fit it', async () => {
  const parts: { additionalProperties?: unknown }[] = []
  JSON.stringify(await load('/openapi.json'), (key, value: unknown) => {
    if (key === 'allOf') parts.push(...(value as object[]))
    return value
  })
  assert.ok(parts.length > 0)
  assert.deepEqual(
    parts.filter((part) => part.additionalProperties === false),
    [],
  )
})

test('operation ids are unique across all contracts', async () => {
  const { paths } = await load('/openapi.json')
  const ids = Object.values(paths).flatMap((path) => Object.values(path).map((one) => one.operationId))
  assert.ok(ids.length > 25)
  assert.equal(new Set(ids).size, ids.length)
})

test('the document of all contracts is the sum of the contracts’ documents', async () => {
  const [all, ...each] = await Promise.all(addresses.map(load))
  const pairs = (document: Document | undefined) =>
    Object.entries(document?.paths ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods).map((one) => `${one} ${path}`),
    )
  assert.deepEqual(pairs(all).sort(), each.flatMap(pairs).sort())
})

test('FactPulse’s operations and models are called as in its published document', async () => {
  const { paths, components } = await load('/openapi/factpulse.json')
  const operations = Object.values(paths).flatMap((path) => Object.values(path))
  const names = operations.map(({ operationId }) =>
    operationId
      .split('_')
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(''),
  )
  for (const name of [
    'ActivateClientApiV1ClientsUidActiverPost',
    'CreateClientApiV1ClientsPost',
    'DeactivateClientApiV1ClientsUidDesactiverPost',
    'DeleteWebhookSecretApiV1ClientsUidWebhookSecretDelete',
    'GenerateWebhookSecretApiV1ClientsUidWebhookSecretGeneratePost',
    'GetClientApiV1ClientsUidGet',
    'GetPdpConfigApiV1ClientsUidPdpConfigGet',
    'GetWebhookSecretStatusApiV1ClientsUidWebhookSecretStatusGet',
    'ListClientsApiV1ClientsGet',
    'RotateEncryptionKeyApiV1ClientsUidRotateEncryptionKeyPost',
    'UpdateClientApiV1ClientsUidPatch',
    'UpdatePdpConfigApiV1ClientsUidPdpConfigPut',
  ]) {
    assert.ok(names.includes(name), name)
  }
  for (const model of [
    'ClientActivateResponse',
    'ClientCreateRequest',
    'ClientDetail',
    'ClientListResponse',
    'ClientSummary',
    'ClientUpdateRequest',
    'KeyRotationRequest',
    'KeyRotationResponse',
    'PDPConfigResponse',
    'PDPConfigUpdateRequest',
    'SecretStatus',
    'WebhookSecretDeleteResponse',
    'WebhookSecretGenerateResponse',
    'WebhookSecretStatusResponse',
  ]) {
    assert.ok(model in components.schemas, model)
  }
  assert.ok(operations.every((one) => one.tags.includes('Client Management')))
})

test('every documented operation is served, and asks for a credential where the document says so', async () => {
  const { paths } = await load('/openapi.json')
  for (const [template, methods] of Object.entries(paths)) {
    const path = template.replaceAll(/\{\w+\}/g, '550e8400-e29b-41d4-a716-446655440000')
    for (const [method, operation] of Object.entries(methods)) {
      const answer = await app.request(path, { method: method.toUpperCase() })
      // PartnerB2B knows no 422.
      const expected = operation.security ? 401 : operation.tags.includes('PartnerB2B') ? 400 : 422
      assert.equal(answer.status, expected, `${method} ${template}`)
    }
  }
})

test('the pages to read them on need nothing from elsewhere', async () => {
  const page = await app.request('/docs/')
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  const scripts = [...page.text.matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+)"/g)].map((one) => one[1] ?? '')
  for (const source of scripts) assert.doesNotMatch(source, /^(?:https?:)?\/\//)
})
