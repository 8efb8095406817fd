/** Our addition: the accounting entries that the FEC is made of. */
import { Type } from 'typebox'
import {
  createEntry,
  deleteEntry,
  letterEntries,
  listAccountLines,
  listEntries,
  unletterEntries,
  updateEntry,
  validateEntries,
  viewEntry,
} from '#features/ledger/index.ts'
import { uuid } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import {
  AccountLineAnswer,
  EntryAnswer,
  entryOf,
  NewEntry,
  presentAccountLine,
  presentEntry,
} from './accounting-entry-models.ts'
import type { EdgeReader } from './edge-values.ts'
import { DayIn, readEdge } from './edge-values.ts'
import { given } from './given.ts'
import { pageMembers, pageOf, pageQuery, presentPage } from './ledger-lists.ts'

const path = Type.Object({ entry_id: uuid })
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const period = { date_from: Type.Optional(DayIn), date_to: Type.Optional(DayIn) }

const periodOf = (query: { date_from?: string; date_to?: string }, edge: EdgeReader) =>
  given({
    dateFrom: edge.optionalDay(['query', 'date_from'], query.date_from),
    dateTo: edge.optionalDay(['query', 'date_to'], query.date_to),
  })

export function accountingEntryRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/accounting-entries',
    operationId: 'listAccountingEntries',
    operation: listEntries,
    request: {
      query: Type.Object({
        ...pageQuery,
        ...period,
        journal_code: Type.Optional(text(20)),
        number: Type.Optional(text(60)),
        status: Type.Optional(Type.Union([Type.Literal('draft'), Type.Literal('validated')])),
      }),
    },
    input: ({ query }) =>
      readEdge((edge) => ({
        ...pageOf(query),
        ...periodOf(query, edge),
        ...given({ journalCode: query.journal_code, number: query.number, status: query.status }),
      })),
    present: (page) => ({ status: 200, body: { entries: page.rows.map(presentEntry), ...presentPage(page) } }),
    success: {
      status: 200,
      description: 'Entries by date, with their lines',
      schema: Type.Object({ entries: Type.Array(EntryAnswer), ...pageMembers }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/accounting-entries',
    operationId: 'createAccountingEntry',
    operation: createEntry,
    request: { body: NewEntry },
    input: ({ body }) => readEdge((edge) => entryOf(body, edge)),
    present: (entry) => ({ status: 201, body: presentEntry(entry) }),
    success: { status: 201, description: 'The entry, a draft', schema: EntryAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/accounting-entries/:entry_id',
    operationId: 'getAccountingEntry',
    operation: viewEntry,
    request: { path },
    input: ({ path: { entry_id } }) => ({ entryId: entry_id }),
    present: (entry) => ({ status: 200, body: presentEntry(entry) }),
    success: { status: 200, description: 'The entry', schema: EntryAnswer },
  })

  routes.add({
    method: 'PUT',
    url: '/api/v1/accounting-entries/:entry_id',
    operationId: 'replaceAccountingEntry',
    operation: updateEntry,
    request: { path, body: NewEntry },
    input: ({ path: { entry_id }, body }) => readEdge((edge) => ({ entryId: entry_id, entry: entryOf(body, edge) })),
    present: (entry) => ({ status: 200, body: presentEntry(entry) }),
    success: { status: 200, description: 'The draft as it is now', schema: EntryAnswer },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/accounting-entries/:entry_id',
    operationId: 'deleteAccountingEntry',
    operation: deleteEntry,
    request: { path },
    input: ({ path: { entry_id } }) => ({ entryId: entry_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'The draft is gone', schema: Type.Object({ success: Type.Boolean() }) },
  })

  closingRoutes(routes)
}

function closingRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/accounting-entries/validate',
    operationId: 'validateAccountingEntries',
    operation: validateEntries,
    request: {
      body: Type.Object({
        entry_ids: Type.Optional(Type.Array(uuid, { minItems: 1, maxItems: 500 })),
        up_to: Type.Optional(DayIn),
        journal_code: Type.Optional(text(20)),
      }),
    },
    input: ({ body }) =>
      readEdge((edge) =>
        given({
          entryIds: body.entry_ids,
          upTo: edge.optionalDay(['body', 'up_to'], body.up_to),
          journalCode: body.journal_code,
        }),
      ),
    present: ({ validated, mayHaveMore }) => ({
      status: 200,
      body: { validated, may_have_more: mayHaveMore },
    }),
    success: {
      status: 200,
      description: 'These are final now; without entry_ids at most 500 drafts at once, the oldest first',
      schema: Type.Object({
        validated: Type.Array(Type.Object({ id: uuid, number: Type.String() })),
        may_have_more: Type.Boolean(),
      }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/accounting-entries/lines',
    operationId: 'listAccountLines',
    operation: listAccountLines,
    request: {
      query: Type.Object({
        ...pageQuery,
        ...period,
        account_number: text(30),
        lettered: Type.Optional(Type.Boolean()),
      }),
    },
    input: ({ query }) =>
      readEdge((edge) => ({
        ...pageOf(query),
        ...periodOf(query, edge),
        accountNumber: query.account_number,
        ...given({ isLettered: query.lettered }),
      })),
    present: (page) => ({ status: 200, body: { lines: page.rows.map(presentAccountLine), ...presentPage(page) } }),
    success: {
      status: 200,
      description: 'The lines of an account by date',
      schema: Type.Object({ lines: Type.Array(AccountLineAnswer), ...pageMembers }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/accounting-entries/letter',
    operationId: 'letterAccountingEntries',
    operation: letterEntries,
    request: {
      body: Type.Object({
        lines: Type.Array(
          Type.Object({ entry_id: uuid, line_number: Type.Integer({ minimum: 1, maximum: 1_000_000 }) }),
          {
            minItems: 2,
            maxItems: 1000,
          },
        ),
        code: Type.Optional(text(20)),
        date: Type.Optional(DayIn),
      }),
    },
    input: ({ body }) =>
      readEdge((edge) => ({
        lines: body.lines.map((one) => ({ entryId: one.entry_id, lineNumber: one.line_number })),
        ...given({ code: body.code, date: edge.optionalDay(['body', 'date'], body.date) }),
      })),
    present: ({ accountNumber, lettering }) => ({
      status: 200,
      body: { account_number: accountNumber, lettering },
    }),
    success: {
      status: 200,
      description: 'The lines carry this code now',
      schema: Type.Object({ account_number: Type.String(), lettering: Type.String() }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/accounting-entries/unletter',
    operationId: 'unletterAccountingEntries',
    operation: unletterEntries,
    request: { body: Type.Object({ account_number: text(30), code: text(20) }) },
    input: ({ body }) => ({ accountNumber: body.account_number, code: body.code }),
    present: ({ lines }) => ({ status: 200, body: { success: true, lines } }),
    success: {
      status: 200,
      description: 'So many lines carry the code no more',
      schema: Type.Object({ success: Type.Boolean(), lines: Type.Integer() }),
    },
  })
}
