import { Type } from 'typebox'
import { newUuid } from '#kernel/ids.ts'
import { uuid } from '#kernel/schemas.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { ledgerError } from '../errors.ts'
import { requireValidSiret } from './rules.ts'
import type { Customer } from './schemas.ts'
import { customerChanges, customerId, customerList, newCustomer } from './schemas.ts'
import * as store from './store.ts'

export const createCustomer = defineOperation({
  name: 'customer.create',
  summary: 'Creates a customer.',
  level: 'account',
  permission: 'customer:create',
  effect: 'write',
  input: newCustomer,
  run: async (context, input): Promise<Customer> => {
    requireValidSiret(input.siret)
    const customer: Customer = {
      id: newUuid(),
      code: input.code,
      name: input.name,
      email: input.email ?? null,
      phone: input.phone ?? null,
      siret: input.siret ?? null,
      vatNumber: input.vatNumber ?? null,
      addressLine1: input.addressLine1 ?? null,
      addressLine2: input.addressLine2 ?? null,
      postalCode: input.postalCode ?? null,
      city: input.city ?? null,
      countryCode: input.countryCode ?? null,
      isActive: input.isActive ?? true,
      createdAt: context.now,
      updatedAt: context.now,
    }
    store.insertCustomer(context, customer)
    context.emit({ type: 'customer.created', clientId: null, data: { id: customer.id, code: customer.code } })
    return customer
  },
  audit: (_input, customer) => ({ description: 'Customer created', target: { type: 'customer', id: customer.id } }),
})

export const viewCustomer = defineOperation({
  name: 'customer.view',
  summary: 'Shows a customer.',
  level: 'account',
  permission: 'customer:view',
  effect: 'quick read',
  input: customerId,
  run: async ({ tx, tenantId }, input) => {
    const customer = await store.findCustomer(tx, tenantId, input.customerId)
    if (!customer) throw ledgerError('customer_not_found')
    return customer
  },
})

export const listCustomers = defineOperation({
  name: 'customer.list',
  summary: "Lists the tenant's customers in order of creation, or by name.",
  level: 'account',
  permission: 'customer:view',
  effect: 'read',
  input: customerList,
  run: ({ tx, tenantId }, input) => store.listCustomers(tx, tenantId, input),
})

export const updateCustomer = defineOperation({
  name: 'customer.update',
  summary: 'Changes the named fields of a customer.',
  level: 'account',
  permission: 'customer:update',
  effect: 'write',
  input: Type.Object({ customerId: uuid, changes: customerChanges }),
  run: async (context, { customerId: id, changes }) => {
    requireValidSiret(changes.siret)
    const customer = await store.updateCustomer(context.tx, context.tenantId, id, { changes, now: context.now })
    if (!customer) throw ledgerError('customer_not_found')
    context.emit({ type: 'customer.updated', clientId: null, data: { id, fields: Object.keys(changes) } })
    return customer
  },
  audit: (input) => ({
    description: 'Customer changed',
    target: { type: 'customer', id: input.customerId },
    context: { fields: Object.keys(input.changes) },
  }),
})

export const deleteCustomer = defineOperation({
  name: 'customer.delete',
  summary: 'Deletes a customer that no invoice names.',
  level: 'account',
  permission: 'customer:delete',
  effect: 'write',
  input: customerId,
  run: async (context, { customerId: id }) => {
    const deleted = await store.deleteCustomer(context.tx, context.tenantId, id)
    if (!deleted) throw ledgerError('customer_not_found')
    context.emit({ type: 'customer.deleted', clientId: null, data: { id } })
    return { id }
  },
  audit: (input) => ({
    severity: 'warning',
    description: 'Customer deleted',
    target: { type: 'customer', id: input.customerId },
  }),
})
