/** Personal data, our additions: export and erasure of a person, export of the whole account. */
import { Type } from 'typebox'
import { createPersonExport, createTenantExport } from '#features/exports/index.ts'
import type { Erasure, ErasurePreview, RetainedIdentity } from '#features/personal-data/index.ts'
import {
  erasePerson,
  listErasures,
  previewErasure,
  subjectInput,
  viewErasure,
  viewRetainedIdentity,
} from '#features/personal-data/index.ts'
import { nullable, uuid } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { ExportAnswer, presentCreated } from './exports.ts'

const moment = Type.String({ format: 'date-time' })
const counts = Type.Record(Type.String(), Type.Integer(), { description: 'Rows by table' })

const ErasureAnswer = Type.Object({
  erasure_id: Type.String(),
  subject_type: Type.String(),
  subject_id: Type.String({ description: 'Says nothing any more once the erasure has completed' }),
  status: Type.Enum(['pending', 'running', 'completed', 'failed']),
  deleted: counts,
  changed: counts,
  files: Type.Integer({ description: 'Files of exports, reports and imports that went, since they may hold copies' }),
  audit_events: Type.Integer({ description: 'Events of the audit log from which personal data was taken, signed' }),
  audit_events_left: Type.Integer({
    description: 'Those that somebody had tampered with: left as they are, as a proof',
  }),
  sealed_left: Type.Integer({
    description: 'Encrypted contents whose key is lost (key replace-lost): nobody can read in them, so they were left',
  }),
  customer: nullable(
    Type.Enum(['deleted', 'pseudonym', 'gone'], {
      description: 'pseudonym: invoices name it, which the law wants kept',
    }),
  ),
  failure: nullable(Type.String()),
  progress_url: Type.String(),
  created_at: moment,
  started_at: nullable(moment),
  ended_at: nullable(moment),
})

const presentErasure = ({ outcome, ...one }: Erasure) => ({
  erasure_id: one.id,
  subject_type: one.subject.type,
  subject_id: one.subject.id,
  status: one.status,
  deleted: outcome.deleted ?? {},
  changed: outcome.changed ?? {},
  files: outcome.files ?? 0,
  audit_events: outcome.auditEvents ?? 0,
  audit_events_left: outcome.auditEventsLeft ?? 0,
  sealed_left: outcome.sealedLeft ?? 0,
  customer: outcome.customer ?? null,
  failure: one.failure,
  progress_url: `/api/v1/personal-data/erasures/${one.id}`,
  created_at: one.createdAt,
  started_at: one.startedAt,
  ended_at: one.endedAt,
})

const PreviewAnswer = Type.Object({
  subject_type: Type.String(),
  subject_id: Type.String(),
  deleted: counts,
  changed: Type.Record(Type.String(), Type.Integer(), {
    description:
      'Rows of others, by table, at most so many: those that are about the person or name it; content that is stored encrypted is not counted',
  }),
  incomplete: Type.Array(Type.String(), {
    description: 'Tables that there was no time to look through to the end: their numbers are at least so many',
  }),
  files: Type.Integer({ description: 'Files of exports, reports and imports of the account: all of them go' }),
  customer: nullable(
    Type.Enum(['deleted', 'pseudonym'], { description: 'pseudonym: invoices name it, which the law wants kept' }),
  ),
  import_under_way: Type.Boolean({ description: 'true: an erasure is refused until it has ended' }),
})

const presentPreview = ({ subject: { type, id }, importUnderWay, ...counted }: ErasurePreview) => ({
  subject_type: type,
  subject_id: id,
  ...counted,
  import_under_way: importUnderWay,
})

const Retained = Type.Object({
  customer_id: Type.String(),
  keep_until: Type.String({ format: 'date' }),
  identity: Type.Record(Type.String(), nullable(Type.String())),
})

const presentRetained = ({ customerId, keepUntil, identity }: RetainedIdentity) => ({
  customer_id: customerId,
  keep_until: keepUntil,
  identity,
})

const { subjectType, subjectId } = subjectInput.properties
const subject = Type.Object({ subject_type: subjectType, subject_id: subjectId })
type GivenSubject = Type.Static<typeof subject>
const toSubject = ({ subject_type, subject_id }: GivenSubject) => ({
  subjectType: subject_type,
  subjectId: subject_id,
})
const asked = { status: 202, description: 'The export, to be made by a job', schema: ExportAnswer }

export function personalDataRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/personal-data/exports',
    operationId: 'exportPerson',
    operation: createPersonExport,
    request: { body: subject },
    input: ({ body }) => toSubject(body),
    present: presentCreated,
    success: asked,
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/personal-data/tenant-exports',
    operationId: 'exportTenant',
    operation: createTenantExport,
    input: () => ({}),
    present: presentCreated,
    success: asked,
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/personal-data/erasures',
    operationId: 'erasePerson',
    operation: erasePerson,
    request: { body: subject },
    input: ({ body }) => toSubject(body),
    present: (one) => ({ status: 202, body: presentErasure(one) }),
    success: { status: 202, description: 'The erasure, done by a job; it cannot be undone', schema: ErasureAnswer },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/personal-data/erasures/preview',
    operationId: 'previewErasure',
    operation: previewErasure,
    request: { body: subject },
    input: ({ body }) => toSubject(body),
    present: (one) => ({ status: 200, body: presentPreview(one) }),
    success: { status: 200, description: 'What an erasure would do; nothing was done', schema: PreviewAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/personal-data/erasures',
    operationId: 'listErasures',
    operation: listErasures,
    request: {
      query: Type.Object({
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
        offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
      }),
    },
    input: ({ query }) => ({ limit: query.limit ?? 50, offset: query.offset ?? 0 }),
    present: ({ erasures, hasMore }) => ({
      status: 200,
      body: { erasures: erasures.map(presentErasure), has_more: hasMore },
    }),
    success: {
      status: 200,
      description: 'Newest first',
      schema: Type.Object({ erasures: Type.Array(ErasureAnswer), has_more: Type.Boolean() }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/personal-data/erasures/:erasure_id',
    operationId: 'getErasure',
    operation: viewErasure,
    request: { path: Type.Object({ erasure_id: Type.String({ maxLength: 64 }) }) },
    input: ({ path }) => ({ id: path.erasure_id }),
    present: (one) => ({ status: 200, body: presentErasure(one) }),
    success: { status: 200, description: 'How far it has come', schema: ErasureAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/personal-data/retained-identities/:customer_id',
    operationId: 'getRetainedIdentity',
    operation: viewRetainedIdentity,
    request: { path: Type.Object({ customer_id: uuid }) },
    input: ({ path }) => ({ customerId: path.customer_id }),
    present: (found) => ({ status: 200, body: presentRetained(found) }),
    success: { status: 200, description: 'Who the customer was, and until when that is kept', schema: Retained },
  })
}
