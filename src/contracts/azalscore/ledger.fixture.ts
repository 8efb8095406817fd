/** What the tests of the ledger have in common. */
import assert from 'node:assert/strict'
import type { Answer, TestApp } from '#test/support/app.ts'

export type Caller = (method: string, path: string, body?: object) => Promise<Answer>

/** Calls as the first administrator. */
export async function ledgerCaller(app: TestApp): Promise<Caller> {
  const token = await app.signIn()
  return (method, path, body) => app.request(`/api/v1${path}`, { method, token, ...(body ? { body } : {}) })
}

/** @returns the body of the answer, which must have this status */
export async function expectStatus<T>(answer: Promise<Answer>, status: number): Promise<T> {
  const { status: given, body, text } = await answer
  assert.equal(given, status, text)
  return body
}

export async function expectError(answer: Promise<Answer>, status: number, code: string): Promise<string> {
  const { error } = await expectStatus<{ error: { code: string } }>(answer, status)
  assert.equal(error.code, code)
  return JSON.stringify(error)
}

export type EntryBody = {
  id: string
  number: string | null
  fiscal_year: number
  validated_on: string | null
  lines: { line_number: number; debit: string; credit: string; label: string; lettering: string | null }[]
}

export const sale = (date: string, amount: number | string = 100, journal = 'VE') => ({
  journal_code: journal,
  journal_label: `Journal ${journal}`,
  date,
  piece_ref: `F-${date}`,
  label: 'Facture',
  lines: [
    { account_number: '411000', account_label: 'Clients', debit: amount },
    { account_number: '707000', account_label: 'Ventes', credit: amount },
  ],
})
