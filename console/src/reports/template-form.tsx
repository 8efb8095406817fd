import { Button, Checkbox, Group, Select, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ClientChoice } from '../clients/client-choice.tsx'
import { CategoryChoice } from './category-choice.tsx'
import { keepPartIds, partId } from './part-ids.ts'
import { BlockCard, useBlockName } from './template-block.tsx'
import type { Block, BlockType, Dataset, Draft } from './template-rules.ts'
import { beginning, blockTypes, longest, mostBlocks, said } from './template-rules.ts'

type Given = {
  draft: Draft
  datasets: readonly Dataset[]
  /** JSON Schema of what a request may say. */
  parameters: unknown
  /** What is wrong at a place, in words. */
  told: (place: string) => string | undefined
  onChange: (draft: Draft) => void
}

/** Title, what holds where nothing else is said, and the parts in their order. */
export function TemplateForm(given: Given) {
  const { draft, datasets, told, onChange } = given
  const { t } = useTranslation()
  const blockName = useBlockName()
  const [type, setType] = useState<BlockType>('table')
  const [open, setOpen] = useState<string | null>(null)
  const change = (blocks: Block[]) => {
    keepPartIds(draft.blocks, blocks)
    onChange({ ...draft, blocks })
  }
  const add = () => {
    const block = beginning(type, datasets)
    setOpen(partId(block))
    onChange({ ...draft, blocks: [...draft.blocks, block] })
  }
  return (
    <Stack>
      <Names {...given} />
      <Defaults {...given} />
      <Stack gap="xs">
        <Title order={3} size="h5">
          {t('reportTemplates.sections')}
        </Title>
        {draft.blocks.map((block, at) => (
          <BlockCard
            key={partId(block)}
            blocks={draft.blocks}
            at={at}
            datasets={datasets}
            told={(field) => told(field === '' ? `blocks.${at}` : `blocks.${at}.${field}`)}
            isOpen={open === partId(block)}
            onToggle={() => setOpen(open === partId(block) ? null : partId(block))}
            onChange={change}
          />
        ))}
        {told('blocks') ? (
          <Text size="sm" c="var(--mantine-color-error)">
            {told('blocks')}
          </Text>
        ) : null}
        <Group align="flex-end">
          <Select
            label={t('reportTemplates.addKind')}
            allowDeselect={false}
            data={blockTypes.map((one) => ({ value: one, label: blockName(one) }))}
            value={type}
            onChange={(value) => setType(blockTypes.find((one) => one === value) ?? 'table')}
          />
          <Button
            variant="default"
            leftSection={<IconPlus size={18} />}
            disabled={draft.blocks.length >= mostBlocks}
            onClick={add}
          >
            {t('reportTemplates.addSection')}
          </Button>
        </Group>
      </Stack>
    </Stack>
  )
}

function Names({ draft, told, onChange }: Given) {
  const { t } = useTranslation()
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
      {(['name', 'description'] as const).flatMap((field) =>
        (['en', 'fr'] as const).map((language) => (
          <TextInput
            key={`${field} ${language}`}
            label={t(`reportTemplates.${field}_${language}`)}
            value={draft[field][language] ?? ''}
            onChange={(event) =>
              onChange({ ...draft, [field]: { ...draft[field], [language]: event.currentTarget.value } })
            }
            error={field === 'name' && language === 'fr' && said(draft.name) ? undefined : told(field)}
            maxLength={longest[field]}
          />
        )),
      )}
    </SimpleGrid>
  )
}

const periods = ['last_7_days', 'last_30_days', 'last_90_days', 'last_week', 'last_month', 'current_month'] as const
const typed = ['currency', 'time_zone'] as const

/** What holds where whoever asks for the report says nothing else. */
function Defaults({ draft, parameters, told, onChange }: Given) {
  const { t } = useTranslation()
  const known = Object.keys((parameters as { properties?: object }).properties ?? {})
  const set = (name: string, value: unknown) => {
    const { [name]: _old, ...rest } = draft.parameters
    onChange({ ...draft, parameters: value === null || value === '' ? rest : { ...rest, [name]: value } })
  }
  const textOf = (name: string) => (typeof draft.parameters[name] === 'string' ? draft.parameters[name] : '')
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        {t('reportTemplates.defaults')}
      </Title>
      <Text size="sm" c="dimmed">
        {t('reportTemplates.defaultsAbout')}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
        {known.includes('period') ? (
          <Select
            label={t('reports.parameter.period')}
            clearable
            data={periods.map((one) => ({ value: one, label: t(`reports.periods.${one}`) }))}
            value={textOf('period') || null}
            onChange={(value) => set('period', value)}
            error={told('parameters.period')}
          />
        ) : null}
        {known.includes('client_uid') ? (
          <ClientChoice
            label={t('reports.parameter.client_uid')}
            value={textOf('client_uid') || null}
            onChange={(value) => set('client_uid', value)}
            error={told('parameters.client_uid')}
          />
        ) : null}
        {known.includes('category') ? (
          <CategoryChoice
            value={textOf('category')}
            onChange={(value) => set('category', value)}
            error={told('parameters.category')}
          />
        ) : null}
        {typed
          .filter((name) => known.includes(name))
          .map((name) => (
            <TextInput
              key={name}
              label={t(`reports.parameter.${name}`)}
              value={textOf(name)}
              onChange={(event) => set(name, event.currentTarget.value.trim())}
              error={told(`parameters.${name}`)}
            />
          ))}
      </SimpleGrid>
      <Checkbox
        label={t('reports.charts')}
        checked={draft.parameters.include_charts !== false}
        onChange={(event) => set('include_charts', event.currentTarget.checked ? null : false)}
      />
    </Stack>
  )
}
