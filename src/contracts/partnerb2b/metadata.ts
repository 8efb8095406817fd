import { Type } from 'typebox'
import type { Attribute, CatalogueView } from '#features/profiles/index.ts'
import * as profiles from '#features/profiles/index.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { enveloped } from './envelope.ts'
import { floatText } from './number-text.ts'

/** What "no limit" looks like in the document: the ends of a 64-bit integer, as a float. */
const noLimit = 9.223372036854776e18

/** The document's fields in the document's order. */
function toMetadata(attribute: Attribute) {
  return {
    pk: attribute.pk,
    name: attribute.name,
    displayedName: attribute.displayedName,
    type: attribute.type,
    isRequired: attribute.isRequired,
    validation: attribute.validation,
    sensitiveData: attribute.sensitiveData,
    attributechoice_set: attribute.choices.map((displayedName) => ({ displayedName })),
    maxLength: attribute.maxLength,
    minLength: attribute.minLength,
    maxValue: floatText(attribute.maxValue ?? noLimit),
    minValue: floatText(attribute.minValue ?? -noLimit),
    isEqualTo: attribute.isEqualTo,
    maxDate: attribute.maxDate,
    minDate: attribute.minDate,
    maxSize: attribute.maxSize,
    acceptedFormat: attribute.acceptedFormat,
  }
}

/** Categories in the order in which their first attribute stands in the catalogue. */
function toCategories(attributes: readonly Attribute[]): Record<string, object[]> {
  const categories = new Map<string, object[]>()
  for (const one of attributes) {
    const members = categories.get(one.category) ?? []
    members.push(toMetadata(one))
    categories.set(one.category, members)
  }
  return Object.fromEntries(categories)
}

const nullableText = Type.Union([Type.String(), Type.Null()])
const MetadataAttribute = Type.Object({
  pk: Type.Integer(),
  name: Type.String(),
  displayedName: Type.String(),
  type: Type.String(),
  isRequired: Type.Boolean(),
  validation: nullableText,
  sensitiveData: Type.Boolean(),
  attributechoice_set: Type.Array(Type.Object({ displayedName: Type.String() })),
  maxLength: Type.Integer(),
  minLength: Type.Integer(),
  maxValue: Type.Number(),
  minValue: Type.Number(),
  isEqualTo: nullableText,
  maxDate: nullableText,
  minDate: nullableText,
  maxSize: Type.Union([Type.Integer(), Type.Null()]),
  acceptedFormat: nullableText,
})

const CatalogueModel = Type.Object({
  version: Type.Integer({ description: '0: nothing has been changed yet' }),
  attributes: Type.Array(profiles.attributeSchema),
  requirements: Type.Array(profiles.requirementSchema),
})
const ChangedAttribute = Type.Object({ version: Type.Integer(), attribute: profiles.attributeSchema })

const presentCatalogue = ({ version, definition }: CatalogueView) => ({
  status: 200,
  body: { version, attributes: definition.attributes, requirements: definition.requirements },
})

export function metadataRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/metadata/',
    operationId: 'getMetadata',
    operation: profiles.viewAttributes,
    input: () => ({}),
    present: ({ attributes }) => ({ status: 200, body: toCategories(attributes) }),
    success: {
      status: 200,
      description: 'Attributes by category',
      schema: enveloped(Type.Record(Type.String(), Type.Array(MetadataAttribute))),
    },
  })
}

/** Our addition: attributes, choices and conditional requirements are data that an administrator changes. */
export function catalogueRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/metadata/attributes/',
    operationId: 'getCatalogue',
    operation: profiles.viewCatalogue,
    input: () => ({}),
    present: presentCatalogue,
    success: { status: 200, description: 'Also retired attributes', schema: enveloped(CatalogueModel) },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/metadata/attributes/',
    operationId: 'addAttribute',
    operation: profiles.addAttribute,
    request: { body: profiles.newAttributeSchema },
    input: ({ body }) => body,
    present: (body) => ({ status: 201, body }),
    success: { status: 201, description: 'The attribute', schema: enveloped(ChangedAttribute) },
  })

  routes.add({
    method: 'PATCH',
    url: '/api/v1/metadata/attributes/:name/',
    operationId: 'changeAttribute',
    operation: profiles.changeAttribute,
    request: { path: Type.Object({ name: profiles.attributeName }), body: profiles.attributeChangesSchema },
    input: ({ path, body }) => ({ name: path.name, changes: body }),
    present: (body) => ({ status: 200, body }),
    success: { status: 200, description: 'The attribute as it is now', schema: enveloped(ChangedAttribute) },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/metadata/attributes/:name/',
    operationId: 'retireAttribute',
    operation: profiles.changeAttribute,
    request: { path: Type.Object({ name: profiles.attributeName }) },
    input: ({ path }) => ({ name: path.name, changes: { isRetired: true } }),
    present: (body) => ({ status: 200, body }),
    success: {
      status: 200,
      description: 'The attribute, retired: profiles that have it keep it',
      schema: enveloped(ChangedAttribute),
    },
  })

  routes.add({
    method: 'PUT',
    url: '/api/v1/metadata/requirements/',
    operationId: 'setRequirements',
    operation: profiles.setRequirements,
    request: { body: Type.Object({ requirements: Type.Array(profiles.requirementSchema, { maxItems: 1000 }) }) },
    input: ({ body }) => body,
    present: presentCatalogue,
    success: { status: 200, description: 'The catalogue as it is now', schema: enveloped(CatalogueModel) },
  })
}
