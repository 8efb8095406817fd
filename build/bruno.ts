/**
 * docs/bruno: a collection for Bruno (https://www.usebruno.com), one request for every operation of the OpenAPI document.
 * `node build/bruno.ts` writes it; with --check it fails when it is outdated.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { BruRequest } from '@usebruno/lang'
import { envJsonToBruV2, jsonToBruV2, jsonToCollectionBru } from '@usebruno/lang'
import { readOpenApi } from '../console/build/api-types.ts'
import type { JsonSchema } from './schema-example.ts'
import { exampleOf } from './schema-example.ts'

const target = path.join(import.meta.dirname, '../docs/bruno')

type Parameter = { name: string; in: string; required: boolean; description?: string; schema: JsonSchema }
type Operation = {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security?: object[]
  parameters: Parameter[]
  requestBody?: { content: Record<string, { schema: JsonSchema }> }
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, JsonSchema> }
}

const folders: Readonly<Record<string, string>> = { 'Client Management': 'FactPulse' }

/** Whoever has run one of these is signed in: the next requests carry its token. */
const signIns: Readonly<Record<string, string>> = {
  createSession: 'res.body.access_token',
  obtain_token_api_token_post: 'res.body.access',
  obtainToken: 'res.body.data.access',
}

const credentials: Readonly<Record<string, string>> = {
  username: '{{username}}',
  password: '{{password}}',
  tenant_id: '{{tenantId}}',
}

/** The whole collection: text by file name. */
export function printCollection(document: Document): Map<string, string> {
  const files = new Map<string, string>()
  const collection = { version: '1', name: 'Clientele', type: 'collection', ignore: [] }
  files.set('bruno.json', `${JSON.stringify(collection, null, 2)}\n`)
  files.set('collection.bru', jsonToCollectionBru({ auth: { mode: 'bearer', bearer: { token: '{{accessToken}}' } } }))
  const variables = Object.entries({
    baseUrl: 'http://localhost:8000',
    tenantId: 'tenant_001',
    username: 'admin@example.com',
  })
  files.set(
    'environments/local.bru',
    envJsonToBruV2({
      variables: [
        ...variables.map(([name, value]) => ({ name, value, enabled: true, secret: false })),
        ...['password', 'accessToken'].map((name) => ({ name, value: '', enabled: true, secret: true })),
      ],
    }),
  )
  const counts = new Map<string, number>()
  for (const [url, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags[0] ?? ''
      const folder = folders[tag] ?? tag
      const seq = (counts.get(folder) ?? 0) + 1
      counts.set(folder, seq)
      const request = toRequest({ url, method, seq }, operation, document.components.schemas)
      files.set(`${folder}/${operation.operationId}.bru`, jsonToBruV2(request))
    }
  }
  return files
}

type Place = { url: string; method: string; seq: number }

function toRequest({ url, method, seq }: Place, operation: Operation, models: Record<string, JsonSchema>): BruRequest {
  const example = (schema: JsonSchema) => exampleOf(schema, models)
  const ofKind = (kind: string) => operation.parameters.filter((one) => one.in === kind)
  const entryOf = (one: Parameter) => ({ name: one.name, value: String(example(one.schema)), enabled: one.required })
  const query = ofKind('query').map(entryOf)
  const search = query.filter((one) => one.enabled).map((one) => `${one.name}=${one.value}`)
  const address = `{{baseUrl}}${url.replace(/\{(\w+)\}/g, ':$1')}${search.length > 0 ? `?${search.join('&')}` : ''}`
  const content = operation.requestBody?.content ?? {}
  const json = content['application/json']?.schema
  const form = content['multipart/form-data']?.schema
  const token = signIns[operation.operationId]
  return {
    meta: { name: operation.operationId, type: 'http', seq },
    http: {
      method,
      url: address,
      body: json ? 'json' : form ? 'multipartForm' : 'none',
      auth: operation.security ? 'inherit' : 'none',
    },
    params: [
      ...query.map((one) => ({ ...one, type: 'query' as const })),
      ...ofKind('path').map((one) => ({ ...entryOf(one), enabled: true, type: 'path' as const })),
    ],
    headers: ofKind('header').map((one) =>
      one.name === 'Idempotency-Key' ? { name: one.name, value: '{{$guid}}', enabled: true } : entryOf(one),
    ),
    ...(json ? { body: { json: JSON.stringify(withCredentials(example(json)), null, 2) } } : {}),
    ...(form ? { body: { multipartForm: fieldsOf(form, example) } } : {}),
    ...(token ? { vars: { res: [{ name: 'accessToken', value: token, enabled: true }] } } : {}),
    docs: operation.description,
  }
}

function withCredentials(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('username' in body) || !('password' in body)) return body
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, credentials[name] ?? value]))
}

function fieldsOf({ properties = {}, required = [] }: JsonSchema, example: (schema: JsonSchema) => unknown) {
  return Object.entries(properties).map(([name, schema]) => {
    const isFile = schema.format === 'binary'
    const value = isFile ? ['file.csv'] : String(example(schema))
    return { name, value, enabled: required.includes(name), type: isFile ? ('file' as const) : ('text' as const) }
  })
}

export function isCurrent(document: unknown): boolean {
  const wanted = printCollection(document as Document)
  const found = readdirSync(target, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
  return (
    found.length === wanted.size &&
    found.every((one) => {
      const file = path.join(one.parentPath, one.name)
      return readFileSync(file, 'utf8') === wanted.get(path.relative(target, file))
    })
  )
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    if (!isCurrent(readOpenApi())) {
      console.error('docs/bruno is outdated: npm run docs:bruno')
      process.exitCode = 1
    }
  } else {
    rmSync(target, { recursive: true, force: true })
    for (const [name, text] of printCollection(readOpenApi() as unknown as Document)) {
      const file = path.join(target, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
  }
}
