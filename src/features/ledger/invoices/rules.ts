import { fromUnits, roundPlaces, toUnits } from '#kernel/decimal.ts'
import { ledgerError } from '../errors.ts'
import type { InvoiceAmounts, InvoiceLine, InvoiceStatus, NewInvoiceLine } from './schemas.ts'

export const defaultCurrency = 'EUR'

/** Which statuses may follow which. Approval may come before or after sending; a rejected invoice is corrected or given up. */
const following: Readonly<Record<InvoiceStatus, readonly InvoiceStatus[]>> = {
  draft: ['sent', 'approved', 'rejected', 'cancelled'],
  sent: ['paid', 'overdue', 'approved', 'rejected', 'cancelled'],
  approved: ['sent', 'paid', 'overdue', 'cancelled'],
  overdue: ['paid', 'cancelled'],
  rejected: ['draft', 'cancelled'],
  paid: [],
  cancelled: [],
}

export function mayFollow(from: InvoiceStatus, to: InvoiceStatus): boolean {
  return following[from].includes(to)
}

/** Whether number, customer, dates, lines and amounts may still change. */
export function isEditable(status: InvoiceStatus): boolean {
  return status === 'draft' || status === 'rejected'
}

/** quantity (3 decimals) times unit price (4), rounded to cents */
export function lineNetAmount(line: NewInvoiceLine): string {
  return fromUnits(roundPlaces(toUnits(line.quantity) * toUnits(line.unitPrice), 5), 2)
}

/** VAT is rounded once for each rate, not for each line (EN 16931, BR-CO-17). */
export function amountsOfLines(lines: readonly Pick<InvoiceLine, 'netAmount' | 'vatRate'>[]): InvoiceAmounts {
  const netOfRate = new Map<string, bigint>()
  for (const line of lines) {
    const rate = toUnits(line.vatRate).toString()
    netOfRate.set(rate, (netOfRate.get(rate) ?? 0n) + toUnits(line.netAmount))
  }
  let net = 0n
  let tax = 0n
  for (const [rate, netAmount] of netOfRate) {
    net += netAmount
    tax += roundPlaces(netAmount * BigInt(rate), 4)
  }
  return amountsOf(net, tax)
}

function amountsOf(net: bigint, tax: bigint): InvoiceAmounts {
  return { netAmount: fromUnits(net, 2), taxAmount: fromUnits(tax, 2), totalAmount: fromUnits(net + tax, 2) }
}

export type InvoiceContent = { amounts: InvoiceAmounts; lines: InvoiceLine[] }

/**
 * An invoice's amounts and numbered lines, from what was given.
 * @throws invoice_amounts_invalid for both lines and amounts, or neither, or amounts that are too large to be kept
 */
export function invoiceContent(given: {
  lines?: readonly NewInvoiceLine[]
  netAmount?: string
  taxAmount?: string
}): InvoiceContent {
  const { lines = [], netAmount, taxAmount } = given
  const hasAmounts = netAmount !== undefined || taxAmount !== undefined
  if (lines.length > 0) {
    if (hasAmounts) throw ledgerError('invoice_amounts_invalid')
    const numbered = lines.map((line, i) => ({ ...line, lineNumber: i + 1, netAmount: lineNetAmount(line) }))
    return { amounts: storable(amountsOfLines(numbered)), lines: numbered }
  }
  if (netAmount === undefined || taxAmount === undefined) throw ledgerError('invoice_amounts_invalid')
  return { amounts: storable(amountsOf(toUnits(netAmount), toUnits(taxAmount))), lines: [] }
}

/** What numeric(15,2) holds, in cents. */
const most = 999_999_999_999_999n

export function isStorable(amounts: InvoiceAmounts): boolean {
  return Object.values(amounts).every((amount) => {
    const units = toUnits(amount)
    return units <= most && units >= -most
  })
}

function storable(amounts: InvoiceAmounts): InvoiceAmounts {
  if (isStorable(amounts)) return amounts
  throw ledgerError('invoice_amounts_invalid', { message: 'The amounts of the invoice are too large to be kept.' })
}

/** Net and tax as an import brings them. @returns null when their sum is too large */
export function importedAmounts(netAmount: string, taxAmount: string): InvoiceAmounts | null {
  const amounts = amountsOf(toUnits(netAmount), toUnits(taxAmount))
  return isStorable(amounts) ? amounts : null
}
