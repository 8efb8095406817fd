import { Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import type { Rule } from './definition.ts'
import { outcomesOf } from './definition.ts'
import { useOutcomeLabel } from './outcome-label.ts'

export function useJudged(): (rule: Rule) => string {
  const { t } = useTranslation()
  const { list } = useFormat()
  return (rule) => {
    if (rule.kind === 'figure') return t(`figure.${rule.figure}`)
    return rule.kind === 'documents' ? list(rule.documents) : rule.attribute
  }
}

/** The rules to read: what gives how many points, and why. */
export function RuleList({ rules }: { rules: readonly Rule[] }) {
  const { t } = useTranslation()
  const { number, language } = useFormat()
  const judged = useJudged()
  const label = useOutcomeLabel()
  const signed = (points: number) => number(points, { signDisplay: 'exceptZero' })
  return (
    <Stack>
      {rules.map((rule) => (
        <Section
          key={rule.id}
          title={rule.title[language]}
          about={
            <Group gap="xs">
              <Text size="sm">{t(`topic.${rule.topic}`)}</Text>
              <Text size="sm">· {t('scorecards.judges', { what: judged(rule) })}</Text>
            </Group>
          }
        >
          <Listing
            label={rule.title[language]}
            rows={outcomesOf(rule)}
            keyOf={(one) => one.place}
            empty={null}
            columns={[
              { label: t('scorecards.outcome'), cell: (one) => label(rule, one) },
              { label: t('analysis.reasons'), cell: (one) => one.outcome.reason[language] },
              {
                label: t('scorecards.ceiling'),
                cell: (one) => (one.outcome.ceiling === undefined ? '—' : number(one.outcome.ceiling)),
                atEnd: true,
              },
              { label: t('scorecards.points'), cell: (one) => signed(one.outcome.points), atEnd: true },
            ]}
          />
        </Section>
      ))}
    </Stack>
  )
}
