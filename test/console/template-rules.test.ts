import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import { builders } from '#features/reports/builders.ts'
import { builtInTemplates } from '#features/reports/built-in-templates.ts'
import { checkTemplate } from '#features/reports/requests.ts'
import type { BuilderId } from '#features/reports/schemas.ts'
import { builderIds, templateContent } from '#features/reports/schemas.ts'
import type { Block, Dataset, Draft } from '../../console/src/reports/template-rules.ts'
import {
  about,
  beginning,
  blockTypes,
  canShow,
  chartKinds,
  faultsIn,
} from '../../console/src/reports/template-rules.ts'

const shape = Compile(templateContent)

function isTaken(builder: BuilderId, { description: _none, ...draft }: Draft): boolean {
  const content = { builder, ...draft }
  if (!shape.Check(content)) return false
  try {
    checkTemplate(content)
    return true
  } catch {
    return false
  }
}

/** As the server tells them to the console. */
const datasetsOf = (builder: BuilderId): Dataset[] =>
  Object.entries(builders[builder].datasets).map(([id, dataset]) => ({
    id,
    label: dataset.label,
    for_tables_only: dataset.isLong ?? false,
    columns: dataset.columns.map((column) => ({ id: column.id, kind: column.kind, label: column.label })),
  }))

const draftOf = (blocks: Block[]): Draft => ({ name: { en: 'Ours' }, description: {}, parameters: {}, blocks })

const sales = datasetsOf('monthly_sales')
const column = fc.constantFrom(...new Set(sales.flatMap((one) => one.columns.map(({ id }) => id))), 'password')
const columns = fc.array(column, { maxLength: 6 })
const dataset = fc.constantFrom(...sales.map((one) => one.id), 'secrets')
const words = fc.record(
  { fr: fc.constantFrom('Ventes', 'x'.repeat(121)), en: fc.constant('Sales') },
  { requiredKeys: [] },
)
const optional = { requiredKeys: ['type'] as 'type'[] }
const title = words.filter((one) => Object.keys(one).length > 0)
const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ type: fc.constant('tiles'), dataset, fields: columns }, optional),
  fc.record(
    {
      type: fc.constant('chart'),
      dataset,
      chart: fc.constantFrom(...chartKinds, 'radar'),
      category: column,
      values: columns,
      title,
      width: fc.constantFrom('full', 'half'),
    },
    optional,
  ),
  fc.record(
    { type: fc.constant('table'), dataset, columns, title, max_rows: fc.constantFrom(0, 1, 1.5, 2000, 2001) },
    optional,
  ),
  fc.record({ type: fc.constant('text'), text: words }),
  fc.record({ type: fc.constant('html') }),
)

test('the form of a template finds a fault exactly where the server refuses it', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 3 }), (blocks) => {
      const draft = draftOf(blocks)
      const faults = faultsIn(draft, sales)
      assert.equal(faults.length === 0, isTaken('monthly_sales', draft), JSON.stringify(faults))
    }),
    { numRuns: 2000 },
  )
  const many = draftOf(Array.from({ length: 25 }, () => ({ type: 'text', text: { en: 'x' } })))
  for (const draft of [many, { ...draftOf([{ type: 'text', text: { en: 'x' } }]), name: {} }, draftOf([])]) {
    assert.equal(isTaken('monthly_sales', draft), false)
    assert.ok(faultsIn(draft, sales).length > 0)
  }
})

test('what the form begins with, and what becomes of it with another source, the server takes', () => {
  for (const builder of builderIds) {
    const datasets = datasetsOf(builder)
    assert.deepEqual(faultsIn(draftOf(builtInTemplates[builder].blocks as Block[]), datasets), [])
    for (const type of blockTypes.filter((one) => one !== 'text')) {
      const first = beginning(type, datasets)
      for (const one of datasets.filter((each) => canShow(type, each))) {
        const draft = draftOf([first, about(first, one)])
        assert.ok(isTaken(builder, draft), JSON.stringify(draft))
      }
    }
  }
})
