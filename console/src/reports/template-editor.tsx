import { Alert, Button, Code, Group, List, SimpleGrid, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import type { Paths } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Section } from '../parts/page.tsx'
import { useProblemText } from '../parts/problem-text.ts'
import { useTemplateName } from './report-choice.tsx'

type Whole = Paths['/api/v1/reports/templates/{template_id}']['get']['responses'][200]['content']['application/json']
type Body = Paths['/api/v1/reports/templates/{template_id}']['put']['requestBody']['content']['application/json']

const printJson = (value: unknown) => JSON.stringify(value, null, 2)

/** Blocks as they were typed; null: they are no list in JSON. */
function readBlocks(text: string): Body['blocks'] | null {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? (value as Body['blocks']) : null
  } catch {
    return null
  }
}

/** `id` null: a new one. Who may not change it, and whoever looks at a built-in one, sees it as it is. */
export function TemplateEditor(given: { template: Whole; id: string | null; onSaved: (id: string) => void }) {
  const { t } = useTranslation()
  const may = useMay()
  const { template, id, onSaved } = given
  const [ownId, setOwnId] = useState('')
  const [name, setName] = useState(id === null ? {} : template.name)
  const [text, setText] = useState(printJson(template.blocks))
  const blocks = readBlocks(text)
  const act = useAct({
    run: () => {
      const names = Object.fromEntries(Object.entries(name).filter(([, value]) => value?.trim()))
      const body: Body = {
        builder: template.builder as Body['builder'],
        name: names,
        ...(id !== null && template.description ? { description: template.description } : {}),
        parameters: (template.defaults ?? {}) as Record<string, unknown>,
        blocks: blocks ?? [],
      }
      const path = { template_id: id ?? ownId }
      return ask(api.PUT('/api/v1/reports/templates/{template_id}', { params: { path }, body }))
    },
    done: t('common.saved'),
    refresh: [['report-templates']],
    onDone: (saved) => onSaved(saved.id),
    silent: true,
  })
  const readOnly = !may('report:manage') || (id !== null && template.built_in)
  const isNamed = Boolean(name.en?.trim() || name.fr?.trim()) && (id !== null || /^[a-z][a-z0-9_]{1,63}$/.test(ownId))
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Section title={t('reportTemplates.layout')} about={readOnly ? null : t('reportTemplates.layoutAbout')}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            act.mutate()
          }}
        >
          <Stack>
            {id === null ? (
              <TextInput
                label={t('reportTemplates.id')}
                description={t('reportTemplates.idHint')}
                required
                value={ownId}
                onChange={(event) => setOwnId(event.currentTarget.value)}
                pattern="[a-z][a-z0-9_]{1,63}"
                autoComplete="off"
              />
            ) : null}
            {readOnly ? null : (
              <SimpleGrid cols={{ base: 1, xs: 2 }}>
                {(['en', 'fr'] as const).map((language) => (
                  <TextInput
                    key={language}
                    label={t(`reportTemplates.name_${language}`)}
                    value={name[language] ?? ''}
                    onChange={(event) => setName({ ...name, [language]: event.currentTarget.value })}
                    maxLength={100}
                  />
                ))}
              </SimpleGrid>
            )}
            <Textarea
              label={t('reportTemplates.blocks')}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              readOnly={readOnly}
              error={blocks === null ? t('reportTemplates.noJson') : null}
              autosize
              minRows={14}
              maxRows={30}
              spellCheck={false}
              styles={{ input: { fontFamily: 'monospace', fontSize: 'var(--mantine-font-size-sm)' } }}
            />
            {act.error ? <Faults error={act.error} /> : null}
            {readOnly ? null : (
              <Group justify="flex-end">
                <Button type="submit" loading={act.isPending} disabled={blocks === null || !isNamed}>
                  {t('action.save')}
                </Button>
              </Group>
            )}
          </Stack>
        </form>
      </Section>
      <Figures datasets={template.datasets} />
    </SimpleGrid>
  )
}

/** What the server says against it, each fault with its place. */
function Faults({ error }: { error: Error }) {
  const tell = useProblemText()
  const faults = error instanceof Problem ? error.faults : []
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} role="alert" title={tell(error)}>
      {faults.length > 0 ? (
        <List size="sm">
          {faults.map((one) => (
            <List.Item key={`${one.field} ${one.message}`}>
              {one.field} {one.message}
            </List.Item>
          ))}
        </List>
      ) : null}
    </Alert>
  )
}

/** All figures that blocks may show. */
function Figures({ datasets }: { datasets: Whole['datasets'] }) {
  const { t } = useTranslation()
  const nameOf = useTemplateName()
  return (
    <Section title={t('reportTemplates.figures')} about={t('reportTemplates.figuresAbout')}>
      <Stack gap="md">
        {datasets.map((dataset) => (
          <div key={dataset.id}>
            <Group gap="xs">
              <Text size="sm" fw={600}>
                {nameOf(dataset.label, dataset.id)}
              </Text>
              <Code>{dataset.id}</Code>
              {dataset.for_tables_only ? (
                <Text size="xs" c="dimmed">
                  {t('reportTemplates.tablesOnly')}
                </Text>
              ) : null}
            </Group>
            <Text size="sm" c="dimmed" component="div">
              {dataset.columns.map((column, index) => (
                <span key={column.id}>
                  {index > 0 ? ', ' : ''}
                  {nameOf(column.label, column.id)} <Code>{column.id}</Code>
                </span>
              ))}
            </Text>
          </div>
        ))}
      </Stack>
    </Section>
  )
}
