/**
 * A client that a generator makes from our FactPulse document, without a look at our code, and that is then pointed at the
 * server by its base URL: what whoever generates theirs from the published document does.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { generate } from 'openapi-typescript-codegen'
import type { TestApp } from '#test/support/app.ts'
import { adminPassword, firstAdministrator, startTestApp } from '#test/support/app.ts'

type Method = (parameters: Record<string, unknown>) => Promise<Record<string, unknown>>
type Client = { clientManagement: Record<string, Method> }
type Generated = {
  FactPulse: new (options: { BASE: string; TOKEN?: string; HEADERS?: Record<string, string> }) => Client
  ApiError: new (...args: never[]) => Error & { status: number; body: Record<string, unknown> }
}

let app: TestApp
let folder: string
let generated: Generated
before(async () => {
  app = await startTestApp()
  folder = await mkdtemp(path.join(os.tmpdir(), 'clientele-generated-'))
  const source = path.join(folder, 'source')
  const input: Record<string, unknown> = (await app.request('/openapi/factpulse.json')).body
  await generate({ input, output: source, httpClient: 'fetch', clientName: 'FactPulse', useOptions: true })
  generated = await compile(source)
})
after(async () => {
  await rm(folder, { recursive: true, force: true })
  await app.close()
})

/** With the project's own compiler, strictly: a document with a broken reference or type does not pass. */
async function compile(source: string): Promise<Generated> {
  const output = path.join(folder, 'compiled')
  const project = path.join(folder, 'tsconfig.json')
  const compilerOptions = {
    ...{ strict: true, module: 'commonjs', moduleResolution: 'bundler', target: 'es2022', lib: ['es2023', 'dom'] },
    ...{ rootDir: source, outDir: output, types: [], skipLibCheck: true },
  }
  await writeFile(project, JSON.stringify({ compilerOptions, include: [source] }))
  await writeFile(path.join(folder, 'package.json'), '{"type":"commonjs"}')
  const compiler = path.join(import.meta.dirname, '../node_modules/.bin/tsc')
  await promisify(execFile)(compiler, ['--project', project]).catch((error: unknown) => {
    const { stdout } = error as { stdout?: string }
    throw new Error(`the generated client does not compile:\n${stdout ?? ''}`, { cause: error })
  })
  return createRequire(import.meta.url)(path.join(output, 'index.js')) as Generated
}

const secrets = {
  flowServiceUrl: 'https://api.pdp.example/flow/v1',
  tokenUrl: 'https://auth.pdp.example/oauth/token',
  oauthClientId: 'id',
  clientSecret: 'secret',
}

function client(token: string): Record<string, Method> {
  return new generated.FactPulse({ BASE: app.url, TOKEN: token }).clientManagement
}

function method(api: Record<string, Method>, name: string): Method {
  const found = api[name]
  if (!found) throw new Error(`the generated client has no ${name}`)
  return found.bind(api)
}

test('models have the names of the published document', async () => {
  const models = await readdir(path.join(folder, 'source/models'))
  for (const name of [
    'ClientCreateRequest',
    'ClientDetail',
    'ClientSummary',
    'PDPConfigResponse',
    'KeyRotationRequest',
  ]) {
    assert.ok(models.includes(`${name}.ts`), name)
  }
  const detail = await readFile(path.join(folder, 'source/models/ClientDetail.ts'), 'utf8')
  assert.match(detail, /uid: string;/)
  assert.match(detail, /siret: \(string \| null\);/)
})

test('drives all twelve operations, and our additions, by the base URL alone', async () => {
  const anonymous = new generated.FactPulse({ BASE: app.url }).clientManagement
  const called = new Set<string>()
  const call = (api: Record<string, Method>, name: string, parameters: Record<string, unknown> = {}) => {
    called.add(name)
    return method(api, name)(parameters)
  }
  const credentials = { username: firstAdministrator, password: adminPassword }
  const tokens = await call(anonymous, 'obtainTokenApiTokenPost', { requestBody: credentials })
  const account = client(String(tokens.access))

  const created = await call(account, 'createClientApiV1ClientsPost', {
    requestBody: { name: 'Generated', siret: '73282932000074' },
  })
  const uid = String(created.uid)
  const list = await call(account, 'listClientsApiV1ClientsGet', { page: 1, pageSize: 5 })
  assert.equal(list.total, 1)

  const signedIn = await call(anonymous, 'obtainTokenApiTokenPost', {
    requestBody: { ...credentials, client_uid: uid },
  })
  const own = client(String(signedIn.access))
  assert.deepEqual(await call(own, 'getClientApiV1ClientsUidGet', { uid }), created)
  const updated = await call(own, 'updateClientApiV1ClientsUidPatch', { uid, requestBody: { siret: null } })
  assert.equal(updated.siret, null)

  assert.equal((await call(own, 'getPdpConfigApiV1ClientsUidPdpConfigGet', { uid })).isConfigured, false)
  const keys = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'))
  const configured = await call(own, 'updatePdpConfigApiV1ClientsUidPdpConfigPut', {
    uid,
    xEncryptionKey: keys[0],
    requestBody: { ...secrets, encryptionMode: 'double' },
  })
  assert.deepEqual([configured.isConfigured, configured.encryptionMode], [true, 'double'])
  const rotated = await call(own, 'rotateEncryptionKeyApiV1ClientsUidRotateEncryptionKeyPost', {
    uid,
    requestBody: { oldKey: keys[0], newKey: keys[1] },
  })
  assert.equal(rotated.rotatedCount, 1)
  const tested = await call(own, 'testPdpConfigApiV1ClientsUidPdpConfigTestPost', { uid, xEncryptionKey: keys[1] })
  assert.equal(tested.lastTestSuccess, false)
  await call(own, 'updateChorusConfigApiV1ClientsUidChorusConfigPut', { uid, requestBody: secrets })
  assert.equal((await call(own, 'getChorusConfigApiV1ClientsUidChorusConfigGet', { uid })).isConfigured, true)

  const secret = await call(own, 'generateWebhookSecretApiV1ClientsUidWebhookSecretGeneratePost', { uid })
  assert.match(String(secret.webhookSecret), /^[0-9a-f]{64}$/)
  const status = await call(own, 'getWebhookSecretStatusApiV1ClientsUidWebhookSecretStatusGet', { uid })
  assert.deepEqual(status, { hasSecret: true, createdAt: secret.createdAt })
  const removed = await call(own, 'deleteWebhookSecretApiV1ClientsUidWebhookSecretDelete', { uid })
  assert.equal(removed.success, true)

  assert.equal((await call(own, 'deactivateClientApiV1ClientsUidDesactiverPost', { uid })).isActive, false)
  assert.equal((await call(own, 'activateClientApiV1ClientsUidActiverPost', { uid })).isActive, true)
  await call(anonymous, 'refreshTokenApiTokenRefreshPost', { requestBody: { refresh: signedIn.refresh } })

  const offered = Object.getOwnPropertyNames(Object.getPrototypeOf(account)).filter((name) => name !== 'constructor')
  assert.deepEqual(
    offered.filter((name) => !called.has(name)),
    [],
    'no operation was left out',
  )
})

test('an API key serves as the credential as well', async () => {
  const { id, apiKey } = await app.register()
  const api = new generated.FactPulse({ BASE: app.url, HEADERS: { 'X-API-Key': apiKey } }).clientManagement
  assert.equal((await method(api, 'getClientApiV1ClientsUidGet')({ uid: id })).uid, id)
})

test('errors reach the program with status and body', async () => {
  const account = client(await app.signIn())
  const unknown = method(account, 'getClientApiV1ClientsUidGet')({ uid: '550e8400-e29b-41d4-a716-446655440000' })
  await assert.rejects(unknown, (error) => {
    assert.ok(error instanceof generated.ApiError)
    assert.deepEqual([error.status, error.body.errorCode], [404, 'CLIENT_NOT_FOUND'])
    return true
  })
  const invalid = method(account, 'listClientsApiV1ClientsGet')({ pageSize: 101 })
  await assert.rejects(invalid, (error) => error instanceof generated.ApiError && error.status === 422)
})
