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
  const [values, setValues] = useState(() => foundIn(draft))
  const isCsv = values.format === 'csv'
  const hasTable = isCsv || values.format === 'excel'
  const delimiters = [
    [';', t('imports.semicolon')],
    [',', t('imports.comma')],
    ['tab', t('imports.tab')],
    ['|', t('imports.pipe')],
    [':', t('imports.colon')],
  ] as const
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
            <Button variant="default" onClick={() => onRead(wishOf(values))} loading={isReading}>
              {t('imports.readAgain')}
            </Button>
          </Group>
        </SimpleGrid>
      ) : null}
    </div>
  )
}

/** Of the choices those that the format has. */
function wishOf({ format, encoding, delimiter, header_row, sheet }: Layout): Layout {
  const isExcel = format === 'excel'
  return {
    ...(format ? { format } : {}),
    ...(encoding && !isExcel ? { encoding } : {}),
    ...(format === 'csv' && delimiter ? { delimiter } : {}),
    ...((format === 'csv' || isExcel) && header_row ? { header_row } : {}),
    ...(isExcel && sheet ? { sheet } : {}),
  }
}

/** As the preview read it. */
function foundIn({ preview, layout }: Draft): Layout {
  const { encoding, delimiter } = preview
  return {
    format: preview.format,
    ...(encoding ? { encoding } : {}),
    ...(delimiter ? { delimiter: (delimiter === '\t' ? 'tab' : delimiter) as ';' } : {}),
    header_row: preview.header_row,
    ...(layout.sheet ? { sheet: layout.sheet } : {}),
  }
}
