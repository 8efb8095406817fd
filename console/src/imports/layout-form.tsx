import { Button, Group, NumberInput, Select, SimpleGrid, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconAdjustments } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Draft } from './new-import.tsx'
import type { Layout } from './plan.ts'

const formats = ['csv', 'excel', 'json', 'jsonl'] as const
const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-15'] as const

/** How the file was read, for when that was wrong. */
export function LayoutForm({
  draft,
  onRead,
  isReading,
}: {
  draft: Draft
  onRead: (layout: Layout) => void
  isReading: boolean
}) {
  const { t } = useTranslation()
  const [opened, { toggle }] = useDisclosure(false)
  const { preview } = draft
  const [values, setValues] = useState<Layout>({
    format: preview.format,
    ...(preview.encoding ? { encoding: preview.encoding } : {}),
    ...(preview.delimiter ? { delimiter: (preview.delimiter === '\t' ? 'tab' : preview.delimiter) as ';' } : {}),
    header_row: preview.header_row,
    ...(draft.layout.sheet ? { sheet: draft.layout.sheet } : {}),
  })
  const isCsv = values.format === 'csv'
  const hasTable = isCsv || values.format === 'excel'
  const delimiters = [
    [';', t('imports.semicolon')],
    [',', t('imports.comma')],
    ['tab', t('imports.tab')],
    ['|', t('imports.pipe')],
    [':', t('imports.colon')],
  ] as const
  const read = () => {
    const { format, encoding, delimiter, header_row, sheet } = values
    onRead({
      ...(format ? { format } : {}),
      ...(encoding && format !== 'excel' ? { encoding } : {}),
      ...(isCsv && delimiter ? { delimiter } : {}),
      ...(hasTable && header_row ? { header_row } : {}),
      ...(format === 'excel' && sheet ? { sheet } : {}),
    })
  }
  return (
    <div>
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconAdjustments size={16} />}
        onClick={toggle}
        aria-expanded={opened}
      >
        {t('imports.layout')}
      </Button>
      {opened ? (
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} mt="sm">
          <Select
            label={t('imports.format')}
            data={formats.map((one) => ({ value: one, label: t(`fileFormat.${one}`) }))}
            value={values.format ?? null}
            allowDeselect={false}
            onChange={(value) => setValues({ ...values, format: value ?? 'csv' })}
          />
          {values.format === 'excel' ? (
            <TextInput
              label={t('imports.sheet')}
              placeholder={t('imports.firstSheet')}
              value={values.sheet ?? ''}
              maxLength={100}
              onChange={(event) => setValues({ ...values, sheet: event.currentTarget.value })}
            />
          ) : (
            <Select
              label={t('imports.encoding')}
              data={encodings.map((one) => ({ value: one, label: one.toUpperCase() }))}
              value={values.encoding ?? null}
              onChange={(value) => setValues({ ...values, encoding: value ?? 'utf-8' })}
            />
          )}
          {isCsv ? (
            <Select
              label={t('imports.delimiter')}
              data={delimiters.map(([value, label]) => ({ value, label }))}
              value={values.delimiter === '\t' ? 'tab' : ((values.delimiter as ';' | undefined) ?? null)}
              onChange={(value) => setValues({ ...values, delimiter: value ?? ';' })}
            />
          ) : null}
          {hasTable ? (
            <NumberInput
              label={t('imports.headerRow')}
              min={1}
              max={1000}
              allowDecimal={false}
              value={values.header_row ?? 1}
              onChange={(value) => setValues({ ...values, header_row: Number(value) || 1 })}
            />
          ) : null}
          <Group align="flex-end">
            <Button variant="default" onClick={read} loading={isReading}>
              {t('imports.readAgain')}
            </Button>
          </Group>
        </SimpleGrid>
      ) : null}
    </div>
  )
}
