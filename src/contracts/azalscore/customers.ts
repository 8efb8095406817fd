/** Our addition: the customers that the document's imports and invoices presume. */
import { Type } from 'typebox'
import type { Customer } from '#features/ledger/index.ts'
import { createCustomer, deleteCustomer, listCustomers, updateCustomer, viewCustomer } from '#features/ledger/index.ts'
import { lineOfText, nullable, uuid } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { Moment } from './edge-values.ts'
import { given } from './given.ts'
import { pageMembers, pageOf, pageQuery, presentPage } from './ledger-lists.ts'

const code = Type.String({ minLength: 1, maxLength: 64 })
const siret = Type.String({ pattern: '^[0-9]{14}$' })
const optional = <Schema extends Type.TSchema>(schema: Schema) => Type.Optional(nullable(schema))

const details = {
  email: optional(Type.String({ format: 'email', maxLength: 254 })),
  phone: optional(lineOfText(40)),
  siret: optional(siret),
  vat_number: optional(Type.String({ pattern: '^[A-Z]{2}[0-9A-Z+*]{2,13}$' })),
  address_line1: optional(lineOfText(255)),
  address_line2: optional(lineOfText(255)),
  postal_code: optional(lineOfText(20)),
  city: optional(lineOfText(120)),
  country_code: optional(Type.String({ pattern: '^[A-Z]{2}$' })),
  is_active: Type.Optional(Type.Boolean()),
}
const NewCustomer = Type.Object({ code, name: lineOfText(255), ...details })
const Changes = Type.Object({ code: Type.Optional(code), name: Type.Optional(lineOfText(255)), ...details })

const text = nullable(Type.String())
export const CustomerAnswer = Type.Object({
  id: uuid,
  code: Type.String(),
  name: Type.String(),
  email: text,
  phone: text,
  siret: text,
  vat_number: text,
  address_line1: text,
  address_line2: text,
  postal_code: text,
  city: text,
  country_code: text,
  is_active: Type.Boolean(),
  created_at: Moment,
  updated_at: Moment,
})

const detailsOf = (body: Omit<Type.Static<typeof Changes>, 'code' | 'name'>) =>
  given({
    email: body.email,
    phone: body.phone,
    siret: body.siret,
    vatNumber: body.vat_number,
    addressLine1: body.address_line1,
    addressLine2: body.address_line2,
    postalCode: body.postal_code,
    city: body.city,
    countryCode: body.country_code,
    isActive: body.is_active,
  })

const present = (customer: Customer) => ({
  id: customer.id,
  code: customer.code,
  name: customer.name,
  email: customer.email,
  phone: customer.phone,
  siret: customer.siret,
  vat_number: customer.vatNumber,
  address_line1: customer.addressLine1,
  address_line2: customer.addressLine2,
  postal_code: customer.postalCode,
  city: customer.city,
  country_code: customer.countryCode,
  is_active: customer.isActive,
  created_at: customer.createdAt.toISOString(),
  updated_at: customer.updatedAt.toISOString(),
})

const path = Type.Object({ customer_id: uuid })

export function customerRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/customers',
    operationId: 'listCustomers',
    operation: listCustomers,
    request: {
      query: Type.Object({
        ...pageQuery,
        name: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'The beginning, in any case' })),
        code: Type.Optional(code),
        siret: Type.Optional(siret),
      }),
    },
    input: ({ query }) => ({
      ...pageOf(query),
      ...given({ name: query.name, code: query.code, siret: query.siret }),
    }),
    present: (page) => ({ status: 200, body: { customers: page.rows.map(present), ...presentPage(page) } }),
    success: {
      status: 200,
      description: 'Customers in the order of their creation; with name, by name',
      schema: Type.Object({ customers: Type.Array(CustomerAnswer), ...pageMembers }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/customers',
    operationId: 'createCustomer',
    operation: createCustomer,
    request: { body: NewCustomer },
    input: ({ body }) => ({ code: body.code, name: body.name, ...detailsOf(body) }),
    present: (customer) => ({ status: 201, body: present(customer) }),
    success: { status: 201, description: 'The customer', schema: CustomerAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/customers/:customer_id',
    operationId: 'getCustomer',
    operation: viewCustomer,
    request: { path },
    input: ({ path: { customer_id } }) => ({ customerId: customer_id }),
    present: (customer) => ({ status: 200, body: present(customer) }),
    success: { status: 200, description: 'The customer', schema: CustomerAnswer },
  })

  routes.add({
    method: 'PATCH',
    url: '/api/v1/customers/:customer_id',
    operationId: 'updateCustomer',
    operation: updateCustomer,
    request: { path, body: Changes },
    input: ({ path: { customer_id }, body }) => ({
      customerId: customer_id,
      changes: { ...given({ code: body.code, name: body.name }), ...detailsOf(body) },
    }),
    present: (customer) => ({ status: 200, body: present(customer) }),
    success: { status: 200, description: 'The customer as it is now', schema: CustomerAnswer },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/customers/:customer_id',
    operationId: 'deleteCustomer',
    operation: deleteCustomer,
    request: { path },
    input: ({ path: { customer_id } }) => ({ customerId: customer_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'The customer is gone', schema: Type.Object({ success: Type.Boolean() }) },
  })
}
