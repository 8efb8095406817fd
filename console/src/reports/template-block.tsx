import {
  Box,
  Group,
  MultiSelect,
  NumberInput,
  Paper,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
  UnstyledButton,
} from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { OrderButtons } from '../parts/order.tsx'
import { useTemplateName } from './report-choice.tsx'
import type { Block, Dataset } from './template-rules.ts'
import {
  about,
  blockTypes,
  canShow,
  chartKinds,
  isNumeric,
  longest,
  mostOf,
  mostTableRows,
  said,
  stringsOf,
  wordsOf,
} from './template-rules.ts'

/** What is wrong at a place within the part, in words; undefined: nothing. */
export type Told = (field: string) => string | undefined

type Given = {
  blocks: readonly Block[]
  at: number
  datasets: readonly Dataset[]
  told: Told
  isOpen: boolean
  onToggle: () => void
  onChange: (blocks: Block[]) => void
}

export function useBlockName() {
  const { t } = useTranslation()
  return (type: string) => {
    const known = blockTypes.find((one) => one === type)
    return known ? t(`reportTemplates.kinds.${known}`) : type
  }
}

const fields = ['dataset', 'title', 'text', 'fields', 'columns', 'max_rows', 'chart', 'category', 'width', 'values']
const chevron = { size: 18, 'aria-hidden': true, style: { flexShrink: 0 } } as const

/** One part of the report, with its fields and its place among the others. */
export function BlockCard({ blocks, at, datasets, told, isOpen, onToggle, onChange }: Given) {
  const { t } = useTranslation()
  const nameOf = useTemplateName()
  const blockName = useBlockName()
  const block = blocks[at] as Block
  const set = (next: Block) => onChange(blocks.map((one, index) => (index === at ? next : one)))
  const source = datasets.find((one) => one.id === block.dataset)
  const label = t('reportTemplates.section', { number: at + 1, kind: blockName(block.type) })
  // Closed, it says that something in it is wrong; open, the field does.
  const inside = isOpen ? undefined : fields.map((one) => told(one)).find((one) => one !== undefined)
  const whole = told('') ?? told('type') ?? inside
  return (
    <Paper withBorder p="sm" component="section" aria-label={label}>
      <Group justify="space-between" wrap="nowrap">
        <UnstyledButton onClick={onToggle} aria-expanded={isOpen} style={{ minWidth: 0, flex: 1 }}>
          <Group gap={6} wrap="nowrap" align="flex-start">
            {isOpen ? <IconChevronDown {...chevron} /> : <IconChevronRight {...chevron} />}
            <Text size="sm" fw={600}>
              {label}
              {source ? (
                <Text span size="sm" fw={400} c="dimmed">
                  {' · '}
                  {nameOf(source.label, source.id)}
                </Text>
              ) : null}
            </Text>
          </Group>
        </UnstyledButton>
        <OrderButtons name={label} items={blocks} at={at} onChange={onChange} />
      </Group>
      {whole ? (
        <Text size="sm" c="var(--mantine-color-error)" mb="xs">
          {whole}
        </Text>
      ) : null}
      {isOpen ? (
        <Box mt="xs">
          <Fields {...{ block, datasets, told, set }} />
        </Box>
      ) : null}
    </Paper>
  )
}

type Fields = { block: Block; datasets: readonly Dataset[]; told: Told; set: (block: Block) => void }

function Fields(given: Fields) {
  const { block } = given
  const isKnown = blockTypes.some((one) => one === block.type)
  if (!isKnown) return null
  if (block.type === 'text') return <TextFields {...given} />
  return (
    <Stack gap="xs">
      {block.type === 'tiles' ? null : <Titles {...given} />}
      <Source {...given} />
      {block.type === 'tiles' ? <Columns {...given} field="fields" /> : null}
      {block.type === 'table' ? <TableFields {...given} /> : null}
      {block.type === 'chart' ? <ChartFields {...given} /> : null}
    </Stack>
  )
}

const languages = ['en', 'fr'] as const

function TextFields({ block, told, set }: Fields) {
  const { t } = useTranslation()
  const words = wordsOf(block.text)
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
      {languages.map((language) => (
        <Textarea
          key={language}
          label={t(`reportTemplates.text_${language}`)}
          value={words[language] ?? ''}
          onChange={(event) => set({ ...block, text: said({ ...words, [language]: event.currentTarget.value }) ?? {} })}
          error={told('text')}
          maxLength={longest.text}
          autosize
          minRows={2}
        />
      ))}
    </SimpleGrid>
  )
}

/** Left empty: the name of what it shows. */
function Titles({ block, datasets, told, set }: Fields) {
  const { t } = useTranslation()
  const words = wordsOf(block.title)
  const label = datasets.find((one) => one.id === block.dataset)?.label ?? {}
  const change = (language: 'en' | 'fr', text: string) => {
    const { title: _old, ...rest } = block
    const title = text === '' ? withoutLanguage(words, language) : { ...words, [language]: text }
    set(Object.keys(title).length > 0 ? { ...rest, type: block.type, title } : { ...rest, type: block.type })
  }
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
      {languages.map((language) => (
        <TextInput
          key={language}
          label={t(`reportTemplates.title_${language}`)}
          placeholder={label[language] ?? ''}
          value={words[language] ?? ''}
          onChange={(event) => change(language, event.currentTarget.value)}
          error={told('title')}
          maxLength={longest.title}
        />
      ))}
    </SimpleGrid>
  )
}

function withoutLanguage(words: { fr?: string; en?: string }, language: 'en' | 'fr') {
  return Object.fromEntries(Object.entries(words).filter(([name]) => name !== language))
}

function Source({ block, datasets, told, set }: Fields) {
  const { t } = useTranslation()
  const nameOf = useTemplateName()
  const fitting = datasets.filter((one) => canShow(block.type, one) || one.id === block.dataset)
  return (
    <Select
      label={t('reportTemplates.source')}
      allowDeselect={false}
      required
      data={fitting.map((one) => ({ value: one.id, label: nameOf(one.label, one.id) }))}
      value={typeof block.dataset === 'string' ? block.dataset : null}
      onChange={(id) => {
        const dataset = datasets.find((one) => one.id === id)
        if (dataset) set(about(block, dataset))
      }}
      error={told('dataset')}
    />
  )
}

/** Shown in the order in which they are chosen. */
function Columns({ block, datasets, told, set, field }: Fields & { field: keyof typeof mostOf }) {
  const { t } = useTranslation()
  const nameOf = useTemplateName()
  const columns = datasets.find((one) => one.id === block.dataset)?.columns ?? []
  const fitting = field === 'values' ? columns.filter(isNumeric) : columns
  const chosen = stringsOf(block[field])
  const change = (ids: string[]) => {
    const { [field]: _old, ...rest } = block
    // A table for which nothing is chosen shows all.
    set({ ...rest, type: block.type, ...(field === 'columns' && ids.length === 0 ? {} : { [field]: ids }) })
  }
  return (
    <MultiSelect
      label={t(`reportTemplates.${field}`)}
      placeholder={field === 'columns' && chosen.length === 0 ? t('reportTemplates.allColumns') : ''}
      required={field !== 'columns'}
      data={fitting.map((one) => ({ value: one.id, label: nameOf(one.label, one.id) }))}
      value={chosen}
      onChange={change}
      maxValues={mostOf[field]}
      error={told(field)}
    />
  )
}

function TableFields(given: Fields) {
  const { block, told, set } = given
  const { t } = useTranslation()
  const change = (value: string | number) => {
    const { max_rows: _old, ...rest } = block
    set({ ...rest, type: block.type, ...(typeof value === 'number' ? { max_rows: value } : {}) })
  }
  return (
    <>
      <Columns {...given} field="columns" />
      <NumberInput
        label={t('reportTemplates.maxRows')}
        placeholder="500"
        min={1}
        max={mostTableRows}
        allowDecimal={false}
        value={typeof block.max_rows === 'number' ? block.max_rows : ''}
        onChange={change}
        error={told('max_rows')}
        maw={220}
      />
    </>
  )
}

function ChartFields(given: Fields) {
  const { block, datasets, told, set } = given
  const { t } = useTranslation()
  const nameOf = useTemplateName()
  const columns = datasets.find((one) => one.id === block.dataset)?.columns ?? []
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="xs">
        <Select
          label={t('reportTemplates.chart')}
          allowDeselect={false}
          data={chartKinds.map((one) => ({ value: one, label: t(`reportTemplates.charts.${one}`) }))}
          value={typeof block.chart === 'string' ? block.chart : null}
          onChange={(chart) => set({ ...block, chart })}
          error={told('chart')}
        />
        <Select
          label={t('reportTemplates.category')}
          allowDeselect={false}
          data={columns
            .filter((one) => !isNumeric(one))
            .map((one) => ({ value: one.id, label: nameOf(one.label, one.id) }))}
          value={typeof block.category === 'string' ? block.category : null}
          onChange={(category) => set({ ...block, category })}
          error={told('category')}
        />
        <Select
          label={t('reportTemplates.width')}
          allowDeselect={false}
          data={(['full', 'half'] as const).map((one) => ({ value: one, label: t(`reportTemplates.widths.${one}`) }))}
          value={block.width === 'half' ? 'half' : 'full'}
          onChange={(width) => set({ ...block, width })}
          error={told('width')}
        />
      </SimpleGrid>
      <Columns {...given} field="values" />
    </>
  )
}
