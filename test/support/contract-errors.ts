/** Every contract's error format, written down a second time and strictly: a stray field is a fault too. */
import assert from 'node:assert/strict'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Answer } from './app.ts'

const text = Type.String({ minLength: 1 })
const closed = { additionalProperties: false }
const requestId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const fastApiDetail = Compile(
  Type.Object(
    {
      detail: Type.Array(Type.Object({ loc: Type.Array(Type.String()), msg: text, type: text }, closed), {
        minItems: 1,
      }),
    },
    closed,
  ),
)
const factpulse = Compile(
  Type.Object(
    {
      errorCode: Type.String({ pattern: '^[A-Z_]+$' }),
      errorMessage: text,
      details: Type.Optional(
        Type.Array(Type.Object({ loc: Type.Array(Type.String()), msg: text }, closed), { minItems: 1 }),
      ),
    },
    closed,
  ),
)
const chatapi = Compile(
  Type.Object(
    {
      error: Type.Object(
        { code: Type.String({ pattern: '^[A-Z_]+$' }), message: text, details: Type.Optional(Type.Object({})) },
        closed,
      ),
      status: Type.Literal('error'),
    },
    closed,
  ),
)
const azalscore = Compile(
  Type.Object(
    {
      error: Type.Object(
        {
          code: Type.String({ pattern: '^[a-z_]+$' }),
          message: text,
          details: Type.Optional(
            Type.Array(Type.Object({ field: Type.Optional(Type.String()), message: text }, closed), { minItems: 1 }),
          ),
          request_id: Type.String({ pattern: requestId.source }),
        },
        closed,
      ),
    },
    closed,
  ),
)

const oauth2Clients = Compile(
  Type.Object({ code: Type.Integer(), data: Type.Null(), msg: text, identifier: Type.Literal(false) }, closed),
)

const partnerb2b = Compile(
  Type.Object(
    {
      error: Type.Object(
        {
          code: Type.Integer(),
          message: text,
          details: Type.Array(
            // An attribute is named as the caller named it: with no name at all, too.
            Type.Object({ field: Type.Optional(text), attribute: Type.Optional(Type.String()), error: text }, closed),
          ),
        },
        closed,
      ),
      meta: Type.Object(
        {
          timestamp: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}$' }),
          request_id: Type.String({ pattern: requestId.source }),
        },
        closed,
      ),
    },
    closed,
  ),
)

type Format = { fits: (answer: WrittenAnswer) => boolean; codeOf: (answer: WrittenAnswer) => string }
export type WrittenAnswer = Pick<Answer, 'status' | 'text'> & { body: unknown; requestId: string | null }

export const errorFormats: Readonly<Record<string, Format>> = {
  factpulse: {
    fits: ({ status, body }) => (status === 422 ? fastApiDetail : factpulse).Check(body),
    codeOf: ({ body }) => (body as { errorCode?: string }).errorCode ?? '',
  },
  chatapi: {
    fits: ({ body }) => chatapi.Check(body),
    codeOf: ({ body }) => (body as { error: { code: string } }).error.code,
  },
  azalscore: {
    fits: ({ body, requestId: id }) =>
      azalscore.Check(body) && (body as { error: { request_id: string } }).error.request_id === id,
    codeOf: ({ body }) => (body as { error: { code: string } }).error.code,
  },
  'oauth2-clients': {
    fits: ({ status, body }) => oauth2Clients.Check(body) && body.code === status,
    // The contract has no word for the cause but its text.
    codeOf: ({ body }) => String((body as { code: number }).code),
  },
  partnerb2b: {
    fits: ({ status, body, requestId: id }) =>
      partnerb2b.Check(body) && body.error.code === status && body.meta.request_id === id,
    // As above: the status is the code.
    codeOf: ({ body }) => String((body as { error: { code: number } }).error.code),
  },
}

export function formatOf(contract: string): Format {
  const format = errorFormats[contract]
  if (!format) throw new Error(`test/support/contract-errors.ts does not know the error format of ${contract}`)
  return format
}

export function written(answer: Answer): WrittenAnswer {
  const { status, text: raw, body, headers } = answer
  return { status, text: raw, body, requestId: headers.get('x-request-id') }
}

/** @throws AssertionError unless the answer is an error as the contract prints it, with the request's id in a header */
export function assertPrintedBy(contract: string, answer: WrittenAnswer, what: string): void {
  assert.ok(answer.status >= 400, `${what}: ${answer.status} is no error`)
  assert.match(answer.requestId ?? '', requestId, `${what}: no request id in the answer's headers`)
  assert.ok(
    formatOf(contract).fits(answer),
    `${what}: not an error of ${contract}: ${answer.status} ${answer.text.slice(0, 500)}`,
  )
}
