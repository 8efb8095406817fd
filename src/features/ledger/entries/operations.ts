import { placeInSequence } from '#kernel/entry-number.ts'
import { newUuid } from '#kernel/ids.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { fiscalYearOf } from '../company/rules.ts'
import { holdCalendar } from '../company/store.ts'
import { ledgerError } from '../errors.ts'
import type { EntryRow } from './rows-store.ts'
import { insertRows, lockJournals } from './rows-store.ts'
import { requireSoundEntry } from './rules.ts'
import type { Entry, NewEntry } from './schemas.ts'
import { accountLineList, changedEntry, entryId, entryList, newEntry } from './schemas.ts'
import * as store from './store.ts'

async function existing({ tx, tenantId }: Pick<OperationContext, 'tx' | 'tenantId'>, id: string): Promise<Entry> {
  const [entry] = await store.findEntries(tx, tenantId, [id])
  if (!entry) throw ledgerError('entry_not_found')
  return entry
}

function toRows(entry: NewEntry, head: { id: string; fiscalYear: number; number: string | null }): EntryRow[] {
  const place = head.number === null ? null : placeInSequence(head.number)
  return entry.lines.map((line, i) => ({
    entryId: head.id,
    lineNumber: i + 1,
    fiscalYear: head.fiscalYear,
    journalCode: entry.journalCode,
    journalLabel: entry.journalLabel,
    entryNumber: head.number,
    numberPrefix: place?.prefix ?? null,
    numberSequence: place?.sequence.toString() ?? null,
    date: entry.date,
    accountNumber: line.accountNumber,
    accountLabel: line.accountLabel,
    auxiliaryNumber: line.auxiliaryNumber ?? null,
    auxiliaryLabel: line.auxiliaryLabel ?? null,
    pieceRef: entry.pieceRef,
    pieceDate: entry.pieceDate ?? entry.date,
    label: line.label ?? entry.label,
    debit: line.debit,
    credit: line.credit,
    lettering: null,
    letteringDate: null,
    validatedOn: null,
    currency: line.currency ?? null,
    amountCurrency: line.amountCurrency ?? null,
  }))
}

export const createEntry = defineOperation({
  name: 'entry.create',
  summary: 'Creates a balanced accounting entry as a draft.',
  level: 'account',
  permission: 'entry:create',
  effect: 'write',
  input: newEntry,
  run: async (context, input): Promise<Entry> => {
    const { tx, tenantId, now } = context
    requireSoundEntry(input)
    const fiscalYear = fiscalYearOf(await holdCalendar(tx, tenantId), input.date)
    const id = newUuid()
    await insertRows(tx, tenantId, toRows(input, { id, fiscalYear, number: null }), now)
    context.emit({ type: 'entry.created', clientId: null, data: { id, journal_code: input.journalCode } })
    return existing(context, id)
  },
  audit: (_input, entry) => ({ description: 'Accounting entry created', target: { type: 'entry', id: entry.id } }),
})

export const viewEntry = defineOperation({
  name: 'entry.view',
  summary: 'Shows an accounting entry with its lines.',
  level: 'account',
  permission: 'entry:view',
  effect: 'quick read',
  input: entryId,
  run: (context, input) => existing(context, input.entryId),
})

export const listEntries = defineOperation({
  name: 'entry.list',
  summary: "Lists the tenant's accounting entries by date, with their lines.",
  level: 'account',
  permission: 'entry:view',
  effect: 'read',
  input: entryList,
  run: ({ tx, tenantId }, input) => store.listEntries(tx, tenantId, input),
})

export const listAccountLines = defineOperation({
  name: 'entry.list-account-lines',
  summary: 'Lists the lines of an account by date.',
  level: 'account',
  permission: 'entry:view',
  effect: 'read',
  input: accountLineList,
  run: ({ tx, tenantId }, input) => store.listAccountLines(tx, tenantId, input),
})

export const updateEntry = defineOperation({
  name: 'entry.update',
  summary: 'Replaces a draft, its lines included; its number stays while journal and fiscal year do.',
  level: 'account',
  permission: 'entry:update',
  effect: 'write',
  input: changedEntry,
  run: async (context, { entryId: id, entry }) => {
    const { tx, tenantId } = context
    requireSoundEntry(entry)
    const fiscalYear = fiscalYearOf(await holdCalendar(tx, tenantId), entry.date)
    const draft = await store.lockDraft(tx, tenantId, id)
    if (!draft) throw ledgerError('entry_not_found')
    const stays = draft.journalCode === entry.journalCode && draft.fiscalYear === fiscalYear
    const number = stays ? draft.number : null
    if (number !== null) await lockJournals(tx, tenantId, [draft])
    await store.deleteEntry(tx, tenantId, id)
    await insertRows(tx, tenantId, toRows(entry, { id, fiscalYear, number }), draft.createdAt)
    context.emit({ type: 'entry.updated', clientId: null, data: { id } })
    return existing(context, id)
  },
  audit: (input) => ({ description: 'Accounting entry changed', target: { type: 'entry', id: input.entryId } }),
})

export const deleteEntry = defineOperation({
  name: 'entry.delete',
  summary: 'Deletes a draft.',
  level: 'account',
  permission: 'entry:delete',
  effect: 'write',
  input: entryId,
  run: async (context, { entryId: id }) => {
    const draft = await store.lockDraft(context.tx, context.tenantId, id)
    if (!draft) throw ledgerError('entry_not_found')
    await store.deleteEntry(context.tx, context.tenantId, id)
    context.emit({ type: 'entry.deleted', clientId: null, data: { id } })
    return { id }
  },
  audit: (input) => ({
    severity: 'warning',
    description: 'Accounting entry deleted',
    target: { type: 'entry', id: input.entryId },
  }),
})
