import { List, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { partId } from './part-ids.ts'
import { useTemplateName } from './report-choice.tsx'
import { useBlockName } from './template-block.tsx'
import type { Block, Dataset } from './template-rules.ts'
import { said, stringsOf, wordsOf } from './template-rules.ts'

/** What the report shows, in words: for who only looks at it. */
export function TemplateParts({ blocks, datasets }: { blocks: readonly Block[]; datasets: readonly Dataset[] }) {
  const { t } = useTranslation()
  const nameOf = useTemplateName()
  const blockName = useBlockName()
  const lineOf = (block: Block) => {
    if (block.type === 'text') return nameOf(wordsOf(block.text), '')
    const dataset = datasets.find((one) => one.id === block.dataset)
    const label = (id: string) => nameOf(dataset?.columns.find((one) => one.id === id)?.label, id)
    const ids = stringsOf(block.fields ?? block.columns ?? block.values)
    const what = ids.length > 0 ? ids.map(label).join(', ') : t('reportTemplates.allColumns')
    return `${nameOf(said(wordsOf(block.title)) ?? dataset?.label, String(block.dataset))} — ${what}`
  }
  return (
    <List type="ordered" size="sm" spacing={4} aria-label={t('reportTemplates.sections')}>
      {blocks.map((block) => (
        <List.Item key={partId(block)}>
          {blockName(block.type)}
          <Text span size="sm" c="dimmed">
            {' · '}
            {lineOf(block)}
          </Text>
        </List.Item>
      ))}
    </List>
  )
}
