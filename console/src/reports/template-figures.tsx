import { Code, Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Section } from '../parts/page.tsx'
import { useTemplateName } from './report-choice.tsx'
import type { Dataset } from './template-rules.ts'

/** All figures that parts may show, by the names that JSON has for them. */
export function TemplateFigures({ datasets }: { datasets: readonly Dataset[] }) {
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
