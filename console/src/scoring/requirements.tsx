import { ActionIcon, Button, Group, Select, Stack, Text } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useAct } from '../parts/act.tsx'
import { Section } from '../parts/page.tsx'
import type { Catalogue } from './attributes.tsx'
import { attributesKey } from './attributes.tsx'

type Row = Catalogue['requirements'][number] & { key: number }

/** Conditional fields: when an attribute has a choice, another one is asked for. */
export function Requirements({ catalogue, readOnly }: { catalogue: Catalogue; readOnly: boolean }) {
  const { t } = useTranslation()
  const [rows, setRows] = useState<Row[]>(catalogue.requirements.map((one, key) => ({ ...one, key })))
  const [isChanged, setChanged] = useState(false)
  const labels = new Map(catalogue.attributes.map((one) => [one.name, one.displayedName || one.name]))
  const act = useAct({
    run: () => {
      const requirements = rows.map(({ key: _, ...one }) => one)
      return ask(api.PUT('/api/v1/metadata/requirements/', { body: { requirements } }))
    },
    done: t('common.saved'),
    refresh: [attributesKey, ['profiles']],
    onDone: () => setChanged(false),
  })
  const change = (next: Row[]) => {
    setRows(next)
    setChanged(true)
  }
  const set = (key: number, part: Partial<Row>) =>
    change(rows.map((one) => (one.key === key ? { ...one, ...part } : one)))
  const judged = catalogue.attributes.filter((one) => one.type === 'choice')
  const isWhole = rows.every((one) => one.attribute && one.choice && one.requires)
  if (readOnly && rows.length === 0) return null
  return (
    <Section title={t('attributes.requirements')} about={t('attributes.requirementsAbout')}>
      <Stack>
        {rows.length === 0 ? <Text size="sm">{t('attributes.noRequirements')}</Text> : null}
        {rows.map((row, at) => (
          <Group key={row.key} gap="xs" align="flex-end">
            <Select
              label={t('attributes.when')}
              searchable
              readOnly={readOnly}
              flex="1 1 11rem"
              data={judged.map((one) => ({ value: one.name, label: labels.get(one.name) ?? one.name }))}
              value={row.attribute || null}
              onChange={(attribute) => set(row.key, { attribute: attribute ?? '', choice: '' })}
            />
            <Select
              label={t('attributes.is')}
              searchable
              readOnly={readOnly}
              flex="1 1 9rem"
              data={judged.find((one) => one.name === row.attribute)?.choices ?? []}
              value={row.choice || null}
              onChange={(choice) => set(row.key, { choice: choice ?? '' })}
            />
            <Select
              label={t('attributes.asks')}
              searchable
              readOnly={readOnly}
              flex="1 1 11rem"
              data={[...labels].filter(([name]) => name !== row.attribute).map(([value, label]) => ({ value, label }))}
              value={row.requires || null}
              onChange={(requires) => set(row.key, { requires: requires ?? '' })}
            />
            {readOnly ? null : (
              <ActionIcon
                variant="subtle"
                color="red"
                size="lg"
                aria-label={t('attributes.removeRequirement', { number: at + 1 })}
                onClick={() => change(rows.filter((one) => one.key !== row.key))}
              >
                <IconX size={18} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {readOnly ? null : (
          <Group justify="space-between">
            <Button
              variant="default"
              leftSection={<IconPlus size={16} />}
              onClick={() =>
                change([
                  ...rows,
                  { key: Math.max(-1, ...rows.map((one) => one.key)) + 1, attribute: '', choice: '', requires: '' },
                ])
              }
            >
              {t('attributes.addRequirement')}
            </Button>
            <Button disabled={!isChanged || !isWhole} loading={act.isPending} onClick={() => act.mutate()}>
              {t('action.save')}
            </Button>
          </Group>
        )}
      </Stack>
    </Section>
  )
}
