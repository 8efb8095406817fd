/**
 * Types of our own API, from the OpenAPI document that the server publishes, in the form that openapi-fetch takes. They stand
 * in the client package; the console uses the same: `node console/build/api-types.ts` writes them; with --check it fails when
 * they are outdated.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

type Schema = {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  allOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  patternProperties?: Record<string, Schema>
  description?: string
  format?: string
}
type Parameter = { name: string; in: string; required: boolean; schema: Schema }
type Content = { content?: Record<string, { schema: Schema }> }
type Operation = {
  description?: string
  parameters: Parameter[]
  requestBody?: Content
  responses: Record<string, Content>
}
export type OpenApi = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const root = path.join(import.meta.dirname, '../..')
const file = path.join(root, 'packages/client/src/schema.ts')
const heading = '// Written by console/build/api-types.ts from the OpenAPI document: npm run api:types -w console\n'

/** The TypeScript source of all paths and models; developers read in their editor what an operation does. */
function printApi({ paths, components }: OpenApi): string {
  const models = Object.entries(components.schemas).map(([name, schema]) => `    ${key(name)}: ${print(schema, 2)}\n`)
  const routes = Object.entries(paths).map(([url, operations]) => {
    const methods = Object.entries(operations).map(([method, one]) => {
      const comment = one.description ? `    ${commentOf(one.description)}\n` : ''
      return `${comment}    ${method}: ${printOperation(one)}\n`
    })
    return `  ${quote(url)}: {\n${methods.join('')}  }\n`
  })
  return `${heading}\nexport type Components = {\n  schemas: {\n${models.join('')}  }\n}\n\nexport type Paths = {\n${routes.join('')}}\n`
}

function commentOf(text: string): string {
  return `/** ${text.replaceAll(/\s+/g, ' ').replaceAll('*/', '* /').trim()} */`
}

function printOperation({ parameters, requestBody, responses }: Operation): string {
  const parts = ['query', 'header', 'path', 'cookie'].map((where) => {
    const own = parameters.filter((one) => one.in === where)
    if (own.length === 0) return `${where}?: never`
    const optional = own.some((one) => one.required) ? '' : '?'
    const members = own.map((one) => `${key(one.name)}${one.required ? '' : '?'}: ${print(one.schema, 4)}`)
    return `${where}${optional}: { ${members.join('; ')} }`
  })
  const body = requestBody ? `requestBody: { content: ${printContent(requestBody)} }` : 'requestBody?: never'
  const answers = Object.entries(responses).map(
    ([status, answer]) =>
      `${status}: { headers: { [name: string]: unknown }; content${answer.content ? '' : '?'}: ${answer.content ? printContent(answer) : 'never'} }`,
  )
  return `{ parameters: { ${parts.join('; ')} }; ${body}; responses: { ${answers.join('; ')} } }`
}

function printContent({ content = {} }: Content): string {
  const types = Object.entries(content).map(([type, { schema }]) => `${quote(type)}: ${print(schema, 4)}`)
  return `{ ${types.join('; ')} }`
}

function print(schema: Schema, depth: number): string {
  if (schema.$ref) return `Components['schemas'][${quote(schema.$ref.split('/').at(-1) ?? '')}]`
  if ('const' in schema) return literal(schema.const)
  if (schema.enum) return schema.enum.map(literal).join(' | ')
  if (schema.anyOf) return union(schema.anyOf.map((one) => print(one, depth)))
  if (schema.allOf) return schema.allOf.map((one) => `(${print(one, depth)})`).join(' & ')
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => print({ ...schema, type }, depth)))
  switch (schema.type) {
    case 'string':
      return schema.format === 'binary' ? 'Blob' : 'string'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array':
      return schema.items ? `(${print(schema.items, depth)})[]` : 'unknown[]'
    case 'object':
      return printObject(schema, depth)
    default:
      return 'unknown'
  }
}

function printObject(schema: Schema, depth: number): string {
  const members = Object.entries(schema.properties ?? {}).map(
    ([name, member]) => `${key(name)}${schema.required?.includes(name) ? '' : '?'}: ${print(member, depth + 1)}`,
  )
  const pattern = Object.values(schema.patternProperties ?? {})[0]
  const rest = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : pattern
  if (members.length === 0) return `{ [name: string]: ${rest ? print(rest, depth + 1) : 'unknown'} }`
  return `{ ${members.join('; ')} }`
}

const union = (types: string[]) => [...new Set(types)].join(' | ')
const literal = (value: unknown) => (typeof value === 'string' ? quote(value) : String(value))
const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const key = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name))

/** As the program prints it, without a server or a database. */
export function readOpenApi(): OpenApi {
  const printed = execFileSync(process.execPath, [path.join(root, 'bin/clientele.mjs'), 'openapi'], {
    maxBuffer: 64 * 1024 * 1024,
    encoding: 'utf8',
  })
  return JSON.parse(printed) as OpenApi
}

export function isCurrent(): boolean {
  return readFileSync(file, 'utf8') === printApi(readOpenApi())
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    if (!isCurrent()) {
      console.error('the types of the API are outdated: npm run api:types -w console')
      process.exitCode = 1
    }
  } else {
    writeFileSync(file, printApi(readOpenApi()))
  }
}
