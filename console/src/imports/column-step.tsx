import { Alert, Button, Group, Select, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import { useColumnName } from './column-names.ts'
import { useEntities } from './import-states.tsx'
import { LayoutForm } from './layout-form.tsx'
import type { Draft } from './new-import.tsx'
import type { Entity, Layout, Template } from './plan.ts'
import { guess, ownAttribute, problemsOf, targetsOf } from './plan.ts'

type Given = {
  draft: Draft
  templates: readonly Template[]
  onChange: (draft: Draft) => void
  onReadAgain: (layout: Layout) => void
  isReading: boolean
  onNext: () => void
}

/** What each column becomes: guessed, and changed by choice. */
export function ColumnStep({ draft, templates, onChange, onReadAgain, isReading, onNext }: Given) {
  const { t } = useTranslation()
  const { list } = useFormat()
  const { all, nameOf } = useEntities()
  const columnName = useColumnName()
  const { preview, entity, template, choices } = draft
  const targets = targetsOf(templates, entity)
  const { missing, twice } = problemsOf(choices, targets, template?.mappings ?? [])
  const own = templates.filter((one) => !one.built_in && one.entity_type === entity)
  const chooseEntity = (wanted: Entity) => {
    const ready = targetsOf(templates, wanted).map((one) => one.mapping)
    // The server recognises more names: its guess counts where it is about this kind.
    const named = ready.flatMap((one) => [
      one,
      { ...one, source_field: one.target_field },
      { ...one, source_field: columnName(one.target_field) },
    ])
    const known = wanted === preview.suggested_entity_type ? preview.suggested_mappings : named
    onChange({ ...draft, entity: wanted, template: null, choices: guess(preview.headers, known) })
  }
  const chooseTemplate = (id: string | null) => {
    const chosen = own.find((one) => one.id === id) ?? null
    onChange({
      ...draft,
      template: chosen,
      choices: guess(preview.headers, chosen?.mappings ?? preview.suggested_mappings),
    })
  }
  const options = [
    { value: '', label: t('imports.leaveOut') },
    ...targets.map((one) => ({ value: one.name, label: columnName(one.name) + (one.required ? ' *' : '') })),
  ]
  const optionsOf = (header: string) =>
    entity === 'profiles'
      ? [...options, { value: ownAttribute, label: t('imports.ownAttribute', { name: header }) }]
      : options
  const example = (header: string) => preview.preview_rows.map((row) => row[header]).find(Boolean) ?? '—'
  return (
    <Stack>
      <Section title={t('imports.firstRows')}>
        <Stack>
          <Table.ScrollContainer minWidth={300} tabIndex={0} aria-label={t('imports.firstRows')} role="region">
            <Table striped withColumnBorders fz="xs" verticalSpacing={4}>
              <Table.Thead>
                <Table.Tr>
                  {preview.headers.map((header) => (
                    <Table.Th key={header} style={{ whiteSpace: 'nowrap' }}>
                      {header}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {preview.preview_rows.slice(0, 5).map((row) => (
                  <Table.Tr key={JSON.stringify(row)}>
                    {preview.headers.map((header) => (
                      <Table.Td key={header} style={{ whiteSpace: 'nowrap' }}>
                        {row[header]}
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          <LayoutForm key={preview.file_id} draft={draft} onRead={onReadAgain} isReading={isReading} />
        </Stack>
      </Section>
      <Section title={t('imports.mapping')} about={t('imports.mappingMore')}>
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <Select
              label={t('imports.entityOf')}
              data={all.map((one) => ({ value: one, label: nameOf(one) }))}
              value={entity}
              allowDeselect={false}
              onChange={(value) => value && chooseEntity(value)}
            />
            {own.length > 0 ? (
              <Select
                label={t('imports.template')}
                placeholder={t('imports.byHand')}
                data={own.map((one) => ({ value: one.id, label: one.name }))}
                value={template?.id ?? null}
                onChange={chooseTemplate}
                clearable
                clearButtonProps={{ 'aria-label': t('action.clear') }}
              />
            ) : null}
          </SimpleGrid>
          <Listing
            label={t('imports.mapping')}
            rows={preview.headers}
            keyOf={(header) => header}
            empty={null}
            columns={[
              {
                label: t('imports.column'),
                cell: (header) => (
                  <Text size="sm" fw={550}>
                    {header}
                  </Text>
                ),
              },
              {
                label: t('imports.example'),
                cell: (header) => (
                  <Text size="sm" c="dimmed" lineClamp={1}>
                    {example(header)}
                  </Text>
                ),
              },
              {
                label: t('imports.becomes'),
                cell: (header) => (
                  <Select
                    aria-label={`${t('imports.becomes')}: ${header}`}
                    data={optionsOf(header)}
                    value={choices[header] ?? ''}
                    allowDeselect={false}
                    searchable={targets.length > 8}
                    error={twice.includes(choices[header] ?? '') && choices[header] !== ''}
                    onChange={(value) => onChange({ ...draft, choices: { ...choices, [header]: value ?? '' } })}
                    miw={190}
                  />
                ),
              },
            ]}
          />
          <div aria-live="polite">
            {missing.length > 0 || twice.length > 0 ? (
              <Alert color="yellow" variant="light">
                {missing.length > 0 ? (
                  <Text size="sm">{t('imports.missing', { columns: list(missing.map(columnName)) })}</Text>
                ) : null}
                {twice.length > 0 ? (
                  <Text size="sm">{t('imports.twice', { columns: list(twice.map(columnName)) })}</Text>
                ) : null}
              </Alert>
            ) : (
              <Alert color="teal" variant="light" icon={<IconCircleCheck />}>
                {t('imports.allThere')}
              </Alert>
            )}
          </div>
          <Group justify="flex-end">
            <Button onClick={onNext} disabled={missing.length > 0 || twice.length > 0 || isReading}>
              {t('imports.next')}
            </Button>
          </Group>
        </Stack>
      </Section>
    </Stack>
  )
}
