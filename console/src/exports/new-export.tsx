import { Button, Checkbox, Group, SegmentedControl, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { useColumnName } from '../imports/column-names.ts'
import { useEntities } from '../imports/import-states.tsx'
import { invoiceStatuses } from '../ledger/invoice-states.tsx'
import { useAct } from '../parts/act.tsx'
import { Page, Section } from '../parts/page.tsx'
import { NoPermission } from '../parts/states.tsx'
import type { ExportEntity, FilterKind } from './catalogue.ts'
import { columnsOf, exportEntities, filtersOf } from './catalogue.ts'

const formats = ['csv', 'excel', 'json', 'jsonl'] as const
type Format = (typeof formats)[number]

/** What, in which format, which columns, which rows. */
export function NewExport() {
  const { t, i18n } = useTranslation()
  const navigate = useNavigate()
  const may = useMay()
  const columnName = useColumnName()
  const { all, nameOf } = useEntities()
  const [search] = useSearchState()
  const entities = all.filter((one) => may(exportEntities[one].permission))
  const [entity, setEntity] = useState<ExportEntity>(
    entities.find((one) => one === search.entity) ?? entities[0] ?? 'customers',
  )
  const [format, setFormat] = useState<Format>('excel')
  const [columns, setColumns] = useState<readonly string[]>(columnsOf(entity))
  const [filters, setFilters] = useState<Record<string, string>>({})
  const [order, setOrder] = useState<{ column: string; descending: boolean } | null>(null)
  const [forExcel, setForExcel] = useState(i18n.language === 'fr')
  const choose = (wanted: ExportEntity) => {
    setEntity(wanted)
    setColumns(columnsOf(wanted))
    setFilters({})
    setOrder(null)
  }
  const act = useAct({
    run: () => {
      const given = filtersOf(entity).flatMap(([name, kind]) =>
        filters[name] ? [[name, readFilter(kind, filters[name])] as const] : [],
      )
      const french = { delimiter: ';', encoding: 'utf-8-bom', decimal_separator: ',' } as const
      return ask(
        api.POST('/api/v1/export', {
          body: {
            entity_type: entity,
            format,
            columns: columnsOf(entity).filter((one) => columns.includes(one)),
            ...(given.length > 0 ? { filters: Object.fromEntries(given) } : {}),
            ...(order
              ? {
                  order: [{ column: order.column, direction: order.descending ? ('desc' as const) : ('asc' as const) }],
                }
              : {}),
            ...(format === 'csv' && forExcel ? { options: french } : {}),
          },
        }),
      )
    },
    done: ({ status }) => (status === 'ready' ? t('exports.made') : t('exports.runs')),
    refresh: [['exports']],
    onDone: () => void navigate({ to: '/exports' }),
  })
  if (!may('export:create') || entities.length === 0) return <NoPermission isPage />
  return (
    <Page
      title={t('exports.create')}
      about={t('exports.createAbout')}
      back={{ to: '/exports', title: t('exports.title') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          act.mutate()
        }}
      >
        <Stack>
          <Section title={t('exports.entity')}>
            <Stack>
              <Select
                aria-label={t('exports.entity')}
                data={entities.map((one) => ({ value: one, label: nameOf(one) }))}
                value={entity}
                allowDeselect={false}
                maw={420}
                onChange={(value) => choose(entities.find((one) => one === value) ?? entity)}
              />
              <Group>
                <SegmentedControl
                  aria-label={t('exports.format')}
                  data={formats.map((one) => ({ value: one, label: t(`fileFormat.${one}`) }))}
                  value={format}
                  onChange={(value) => setFormat(formats.find((one) => one === value) ?? 'csv')}
                />
              </Group>
              {format === 'csv' ? (
                <Checkbox
                  label={t('exports.forExcel')}
                  description={t('exports.forExcelMore')}
                  checked={forExcel}
                  onChange={(event) => setForExcel(event.currentTarget.checked)}
                />
              ) : null}
            </Stack>
          </Section>
          <Section
            title={t('exports.columns')}
            actions={
              <>
                <Button size="compact-sm" variant="subtle" onClick={() => setColumns(columnsOf(entity))}>
                  {t('exports.allColumns')}
                </Button>
                <Button size="compact-sm" variant="subtle" onClick={() => setColumns([])}>
                  {t('exports.noColumns')}
                </Button>
              </>
            }
          >
            <Checkbox.Group value={[...columns]} onChange={setColumns} aria-label={t('exports.columns')}>
              <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="xs">
                {columnsOf(entity).map((one) => (
                  <Checkbox key={one} value={one} label={columnName(one)} />
                ))}
              </SimpleGrid>
            </Checkbox.Group>
          </Section>
          <Section title={t('exports.filters')} about={t('exports.filtersMore')}>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
              {filtersOf(entity).map(([name, kind]) => (
                <Filter
                  key={`${entity} ${name}`}
                  name={name}
                  kind={kind}
                  value={filters[name] ?? ''}
                  onChange={(value) => setFilters({ ...filters, [name]: value })}
                />
              ))}
            </SimpleGrid>
            <Group mt="md" align="flex-end">
              <Select
                label={t('exports.order')}
                placeholder={t('exports.asStored')}
                clearable
                clearButtonProps={{ 'aria-label': t('action.clear') }}
                data={columnsOf(entity)
                  .filter((one) => one !== 'attributes')
                  .map((one) => ({ value: one, label: columnName(one) }))}
                value={order?.column ?? null}
                onChange={(column) => setOrder(column ? { column, descending: order?.descending ?? false } : null)}
              />
              <Checkbox
                label={t('exports.descending')}
                pb={8}
                disabled={!order}
                checked={order?.descending ?? false}
                onChange={(event) => order && setOrder({ ...order, descending: event.currentTarget.checked })}
              />
            </Group>
          </Section>
          <Group justify="flex-end">
            <Button type="submit" loading={act.isPending} disabled={columns.length === 0}>
              {t('exports.start')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  )
}

const readFilter = (kind: FilterKind, text: string) =>
  kind === 'boolean' ? text === 'true' : kind === 'integer' ? Number(text) : text

type FilterGiven = { name: string; kind: FilterKind; value: string; onChange: (value: string) => void }

function Filter({ name, kind, value, onChange }: FilterGiven) {
  const { t } = useTranslation()
  const columnName = useColumnName()
  const label = columnName(name)
  const choices = {
    boolean: [
      { value: 'true', label: t('common.yes') },
      { value: 'false', label: t('common.no') },
    ],
    invoiceStatus: invoiceStatuses.map((one) => ({ value: one, label: t(`invoiceStatus.${one}`) })),
    entryStatus: (['draft', 'validated'] as const).map((one) => ({ value: one, label: t(`exports.${one}`) })),
    profileStatus: (['draft', 'complete'] as const).map((one) => ({ value: one, label: t(`profiles.${one}`) })),
  }
  if (kind === 'text' || kind === 'day' || kind === 'integer') {
    return (
      <TextInput
        label={label}
        type={kind === 'day' ? 'date' : 'text'}
        inputMode={kind === 'integer' ? 'numeric' : undefined}
        pattern={kind === 'integer' ? '[0-9]{4}' : undefined}
        maxLength={255}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  }
  return (
    <Select
      label={label}
      placeholder={t('common.all')}
      clearable
      clearButtonProps={{ 'aria-label': t('action.clear') }}
      data={choices[kind]}
      value={value || null}
      onChange={(chosen) => onChange(chosen ?? '')}
    />
  )
}
