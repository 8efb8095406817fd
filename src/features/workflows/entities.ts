/** What executions are about: read and changed through the features that own it. */
import { Compile } from 'typebox/compile'
import type { Customer, Invoice } from '#features/ledger/index.ts'
import {
  invoiceStatus,
  listCustomers,
  listInvoices,
  setInvoiceStatus,
  updateCustomer,
  viewCustomer,
  viewInvoice,
} from '#features/ledger/index.ts'
import { coreError, DomainError } from '#kernel/errors.ts'
import { isUuid } from '#kernel/ids.ts'
import type { AnyOperation, OperationContext } from '#platform/operations/operation.ts'
import { Refusal } from '#platform/operations/operation.ts'
import { workflowError } from './errors.ts'
import type { Held } from './execution-store.ts'
import type { EntityType } from './schemas.ts'
import { entityTypes } from './schemas.ts'
import { customerFields } from './updates.ts'

export type Entity = {
  id: string
  /** What people call it. */
  reference: string
  /** Changes with every change of it. */
  stamp: string
  fields: Record<string, unknown>
}

function invoiceEntity(invoice: Invoice): Entity {
  return {
    id: invoice.id,
    reference: invoice.number,
    stamp: invoice.updatedAt.toISOString(),
    fields: {
      id: invoice.id,
      number: invoice.number,
      customer_id: invoice.customerId,
      customer_code: invoice.customerCode,
      customer_name: invoice.customerName,
      client_id: invoice.clientId,
      date: invoice.date,
      due_date: invoice.dueDate,
      currency: invoice.currency,
      status: invoice.status,
      note: invoice.note,
      net_amount: Number(invoice.netAmount),
      tax_amount: Number(invoice.taxAmount),
      total_amount: Number(invoice.totalAmount),
      updated_at: invoice.updatedAt,
    },
  }
}

function customerEntity(customer: Customer): Entity {
  return {
    id: customer.id,
    reference: customer.code,
    stamp: customer.updatedAt.toISOString(),
    fields: {
      id: customer.id,
      code: customer.code,
      name: customer.name,
      email: customer.email,
      phone: customer.phone,
      siret: customer.siret,
      vat_number: customer.vatNumber,
      city: customer.city,
      country_code: customer.countryCode,
      is_active: customer.isActive,
      updated_at: customer.updatedAt,
    },
  }
}

/** An operation of another feature, inside this one's transaction. */
async function inside<Result>(run: Promise<Result | Refusal>): Promise<Result> {
  const result = await run
  if (result instanceof Refusal) throw result.error
  return result
}

/** @throws the owning feature's "not found" */
export async function readEntity(context: OperationContext, type: string, id: string): Promise<Entity> {
  if (type === 'invoice') return invoiceEntity(await inside(viewInvoice.run(context, { invoiceId: id }, undefined)))
  return customerEntity(await inside(viewCustomer.run(context, { customerId: id }, undefined)))
}

/** By its id, or by what people call it: the invoice's number, the customer's code. @throws workflow_entity_unknown */
export async function findEntity(context: OperationContext, type: EntityType, name: string): Promise<Entity> {
  try {
    const id = isUuid(name) ? name : await idOf(context, type, name)
    if (id !== undefined) return await readEntity(context, type, id)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
  }
  throw workflowError('workflow_entity_unknown')
}

async function idOf(context: OperationContext, type: EntityType, name: string): Promise<string | undefined> {
  if (type === 'invoice') {
    return (await inside(listInvoices.run(context, { limit: 1, number: name }, undefined))).rows[0]?.id
  }
  return (await inside(listCustomers.run(context, { limit: 1, code: name }, undefined))).rows[0]?.id
}

const isStatus = Compile(invoiceStatus)
const customerUpdate = Compile((updateCustomer as AnyOperation).input)

/** @throws what the owning feature refuses; validation_failed for values that are none */
export async function changeEntity(
  context: OperationContext,
  { type, id }: { type: EntityType; id: string },
  set: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  if (type === 'invoice') {
    const { status } = set
    if (!isStatus.Check(status))
      throw coreError('validation_failed', { message: `${String(status)} is no status of invoices` })
    await setInvoiceStatus(context, id, status)
    return { status }
  }
  const changes = Object.fromEntries(Object.entries(set).map(([name, value]) => [customerFields[name] ?? name, value]))
  const input = { customerId: id, changes }
  if (!customerUpdate.Check(input)) {
    throw coreError('validation_failed', { message: 'The values do not fit the fields of a customer' })
  }
  await inside(updateCustomer.run(context, input, undefined))
  return set
}

/** What the execution is about, as it is now; null: nothing that is known here, or it is gone. */
export async function entityOf(context: OperationContext, held: Held): Promise<Entity | null> {
  const type = held.definition.entity_type ?? held.entity_type
  if (!type || !held.entity_id || !(entityTypes as readonly string[]).includes(type)) return null
  try {
    return await readEntity(context, type, held.entity_id)
  } catch (error) {
    if (error instanceof DomainError) return null
    throw error
  }
}
