/** Requests made from our own API document: for each operation valid ones, nearly valid ones, and its example changed a little. */
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import type { Validator } from 'typebox/compile'
import { Compile } from 'typebox/compile'
import { oddTexts } from './odd-values.ts'
import type { DocumentSchema, Models } from './schema-values.ts'
import { nearlyObjects, resolved, valuesOf } from './schema-values.ts'

type Content = Record<string, { schema?: DocumentSchema }>
type Parameter = { name: string; in: 'path' | 'query' | 'header'; required: boolean; schema: DocumentSchema }
type DocumentOperation = {
  operationId: string
  security?: object[]
  parameters: Parameter[]
  requestBody?: { content: Content }
  responses: Record<string, { content?: Content }>
}
export type ApiDocument = {
  paths: Record<string, Record<string, DocumentOperation>>
  components: { schemas: Models }
}

/** What an address or a field has in place of an id until it is known which ones there are. */
export type Pick = { pick: number }
export const isPick = (value: unknown): value is Pick => typeof value === 'object' && value !== null && 'pick' in value

export type GeneratedRequest = {
  path: Record<string, unknown>
  query: Record<string, unknown>
  headers: Record<string, unknown>
  /** absent: the operation takes none, or this request has none */
  body?: unknown
  /** Which of the callers sends it. */
  caller: number
}

export type DocumentedOperation = {
  id: string
  method: string
  /** with {names} */
  template: string
  isPublic: boolean
  /** The part that holds the file. */
  filePart: string | null
  requests: () => fc.Arbitrary<GeneratedRequest>
  /** Whether status and body are among the successes that the document promises. */
  promises: (status: number, body: unknown) => boolean
}

/** @param exampleBody of the operation's own example, as a start that gets far */
export function operationsOf(
  document: ApiDocument,
  exampleBody: (operationId: string) => Record<string, unknown> | undefined,
): DocumentedOperation[] {
  const models = document.components.schemas
  const made = new Map<string, fc.Arbitrary<GeneratedRequest>>()
  const requests = (operation: DocumentOperation) => {
    const { operationId: id } = operation
    const known = made.get(id) ?? requestsOf(operation, models, exampleBody(id))
    made.set(id, known)
    return known
  }
  return Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const form = operation.requestBody?.content['multipart/form-data']?.schema
      const filePart = Object.entries(form?.properties ?? {}).find(([, one]) => one.format === 'binary')?.[0] ?? null
      return {
        id: operation.operationId,
        method: method.toUpperCase(),
        template,
        isPublic: operation.security === undefined,
        filePart,
        // When they are needed: all at once take seconds to make.
        requests: () => requests(operation),
        promises: promisesOf(operation, models),
      }
    }),
  )
}

function requestsOf(
  operation: DocumentOperation,
  models: Models,
  example: Record<string, unknown> | undefined,
): fc.Arbitrary<GeneratedRequest> {
  const part = (where: Parameter['in']) => {
    const wanted = operation.parameters.filter((one) => one.in === where)
    const values = wanted.map((one) => [one.name, parameterOf(one, models)] as const)
    return fc.record(Object.fromEntries(values), {
      requiredKeys: wanted.filter((one) => one.required).map((one) => one.name),
      noNullPrototype: true,
    })
  }
  const content = operation.requestBody?.content ?? {}
  const schema = (content['application/json'] ?? content['multipart/form-data'])?.schema
  const body = schema ? bodiesOf(resolved(schema, models), example) : fc.constant(undefined)
  return fc.record({ path: part('path'), query: part('query'), headers: part('header'), body, caller: fc.nat() })
}

const picked: fc.Arbitrary<Pick> = fc.record({ pick: fc.nat() }, { noNullPrototype: true })

function parameterOf(parameter: Parameter, models: Models): fc.Arbitrary<unknown> {
  const fitting = valuesOf(resolved(parameter.schema, models))
  const odd = fc.constantFrom(...oddTexts.filter((text) => text.length < 200))
  if (parameter.in === 'path') return fc.oneof({ weight: 8, arbitrary: picked }, fitting, odd)
  return fc.oneof({ weight: 6, arbitrary: fitting }, { weight: 2, arbitrary: picked }, odd)
}

function bodiesOf(schema: DocumentSchema, example: Record<string, unknown> | undefined): fc.Arbitrary<unknown> {
  const fitting = valuesOf(schema)
  const properties = schema.properties ?? {}
  const names = Object.keys(properties)
  const near = nearlyObjects(fitting, names)
  if (!example) return fc.oneof({ weight: 3, arbitrary: fitting }, near)
  // The example with some of its fields generated: what rules behind the schema let through.
  const some = fc.record(
    Object.fromEntries(names.map((name) => [name, fc.oneof(picked, valuesOf(properties[name] ?? {}))])),
    { requiredKeys: [], noNullPrototype: true },
  )
  const kept = fc.tuple(some, fc.array(fc.constantFrom('', ...names), { maxLength: 2 }))
  const changed = kept.map(([given, chosen]) => ({
    ...example,
    ...Object.fromEntries(Object.entries(given).filter(([name]) => chosen.includes(name))),
  }))
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(example) },
    { weight: 3, arbitrary: changed },
    { weight: 3, arbitrary: fitting },
    { weight: 2, arbitrary: near },
  )
}

function promisesOf(operation: DocumentOperation, models: Models): DocumentedOperation['promises'] {
  const shapes = new Map<number, Validator | null>()
  const shapeOf = (status: number) => {
    const schema = operation.responses[status]?.content?.['application/json']?.schema
    return schema ? Compile(resolved(schema, models) as TSchema) : null
  }
  return (status, body) => {
    if (!(status in operation.responses)) return false
    const shape = shapes.get(status) ?? shapeOf(status)
    shapes.set(status, shape)
    return shape?.Check(body) ?? true
  }
}
