import { Type } from 'typebox'
import { describeActor } from '#platform/operations/actor.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { changeableOf, withChangedAttribute, withNewAttribute, withRequirements } from './catalogue-rules.ts'
import * as store from './catalogue-store.ts'
import { currentCatalogue } from './current-catalogue.ts'
import { profileError } from './errors.ts'
import type { Attribute, CatalogueDefinition } from './schemas.ts'
import { attributeName, attributeTypes, changeable, requirementSchema } from './schemas.ts'

export const viewAttributes = defineOperation({
  name: 'attribute.view',
  summary: 'Shows the attributes that a profile can have, by category.',
  level: 'self',
  permission: 'attribute:view',
  effect: 'read',
  input: Type.Object({}),
  run: async (context) => {
    const catalogue = await currentCatalogue(context)
    return { version: catalogue.version, attributes: [...catalogue.byName.values()] as Attribute[] }
  },
})

/** A catalogue as its administrators see it: with expressions, conditional requirements and what has been retired. */
export type CatalogueView = { version: number; definition: CatalogueDefinition }

export const viewCatalogue = defineOperation({
  name: 'attribute.view-catalogue',
  summary: 'Shows the whole catalogue of attributes, with retired ones and conditional requirements.',
  level: 'account',
  permission: 'attribute:view',
  effect: 'read',
  input: Type.Object({}),
  run: async (context): Promise<CatalogueView> => {
    const { version, definition } = await currentCatalogue(context)
    return { version, definition }
  },
})

/** Writes the next version. Two administrators at once: the second changes what the first has made. */
async function change(
  context: OperationContext,
  make: (definition: CatalogueDefinition) => CatalogueDefinition,
): Promise<CatalogueView> {
  const { tx, tenantId, now, actor } = context
  await store.lockCatalogue(tx, tenantId)
  const current = await currentCatalogue(context)
  const next = { version: current.version + 1, definition: make(current.definition) }
  await store.insertCatalogue(tx, tenantId, { ...next, createdBy: describeActor(actor), now })
  return next
}

function attributeOf({ version, definition }: CatalogueView, name: string): { version: number; attribute: Attribute } {
  const attribute = definition.attributes.find((one) => one.name === name)
  if (!attribute) throw profileError('attribute_unknown')
  return { version, attribute }
}

const optional = {
  displayedName: Type.Optional(changeable.displayedName),
  category: Type.Optional(changeable.category),
  isRequired: Type.Optional(changeable.isRequired),
  validation: Type.Optional(changeable.validation),
  choices: Type.Optional(changeable.choices),
  pattern: Type.Optional(changeable.pattern),
  minLength: Type.Optional(changeable.minLength),
  maxLength: Type.Optional(changeable.maxLength),
  minValue: Type.Optional(changeable.minValue),
  maxValue: Type.Optional(changeable.maxValue),
  isEqualTo: Type.Optional(changeable.isEqualTo),
  minDate: Type.Optional(changeable.minDate),
  maxDate: Type.Optional(changeable.maxDate),
  maxSize: Type.Optional(changeable.maxSize),
  acceptedFormat: Type.Optional(changeable.acceptedFormat),
}

export const newAttributeSchema = Type.Object({
  name: attributeName,
  type: Type.Enum(attributeTypes),
  sensitiveData: Type.Optional(Type.Boolean()),
  ...optional,
})
export const attributeChangesSchema = Type.Object({ isRetired: Type.Optional(Type.Boolean()), ...optional })

export const addAttribute = defineOperation({
  name: 'attribute.add',
  summary: 'Adds an attribute that profiles can have from now on.',
  level: 'account',
  permission: 'attribute:manage',
  effect: 'write',
  input: newAttributeSchema,
  run: async (context, input) =>
    attributeOf(await change(context, (definition) => withNewAttribute(definition, input)), input.name),
  audit: (input, { version }) => ({
    category: 'configuration',
    description: `Attribute ${input.name} added`,
    target: { type: 'attribute', id: input.name },
    context: { catalogue_version: version, fields: Object.keys(changeableOf(input)) },
  }),
})

export const changeAttribute = defineOperation({
  name: 'attribute.change',
  summary: 'Changes the named fields of an attribute, retires it or takes it back; type and sensitivity stay.',
  level: 'account',
  permission: 'attribute:manage',
  effect: 'write',
  input: Type.Object({ name: attributeName, changes: attributeChangesSchema }),
  run: async (context, { name, changes }) =>
    attributeOf(await change(context, (definition) => withChangedAttribute(definition, name, changes)), name),
  audit: ({ name, changes }, { version }) => ({
    category: 'configuration',
    description: `Attribute ${name} ${changes.isRetired === true ? 'retired' : 'changed'}`,
    target: { type: 'attribute', id: name },
    context: { catalogue_version: version, fields: Object.keys(changeableOf(changes)) },
  }),
})

export const setRequirements = defineOperation({
  name: 'attribute.set-requirements',
  summary: 'Replaces the conditional requirements: which choices make which attributes required.',
  level: 'account',
  permission: 'attribute:manage',
  effect: 'write',
  input: Type.Object({ requirements: Type.Array(requirementSchema, { maxItems: 1000 }) }),
  run: async (context, { requirements }) => change(context, (definition) => withRequirements(definition, requirements)),
  audit: (_input, { version, definition }) => ({
    category: 'configuration',
    description: 'Conditional requirements replaced',
    target: { type: 'attribute_catalogue', id: String(version) },
    context: { requirements: definition.requirements.length },
  }),
})
