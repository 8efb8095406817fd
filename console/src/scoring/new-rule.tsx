import { Button, Group, Select, SimpleGrid, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { formText } from '../parts/given.ts'
import { Section } from '../parts/page.tsx'
import { aside } from '../parts/states.tsx'
import type { Rule } from './definition.ts'

const kinds = ['figure', 'number', 'choice', 'documents'] as const
type Kind = (typeof kinds)[number]
const figures = ['debt_ratio', 'left_to_live_on', 'left_to_live_on_per_person'] as const
const topics = ['budget', 'work', 'housing', 'documents', 'other'] as const

const nothing = () => ({ points: 0, reason: { fr: '', en: '' } })
type Base = { id: string; topic: (typeof topics)[number]; title: { fr: string; en: string } }

/** With two bands or one option each, to be filled below. */
function begin(base: Base, kind: Kind, about: { subject: string; choices: readonly string[] }): Rule {
  const bands = [
    { from: null, to: 0, ...nothing() },
    { from: 0, to: null, ...nothing() },
  ]
  const figure = figures.find((one) => one === about.subject) ?? 'debt_ratio'
  if (kind === 'figure') return { ...base, kind, figure, bands, missing: nothing() }
  if (kind === 'number') return { ...base, kind, attribute: about.subject, bands, missing: nothing() }
  if (kind === 'documents') {
    const outcomes = { complete: nothing(), partial: nothing(), none: nothing() }
    return { ...base, kind, documents: [about.subject], ...outcomes }
  }
  const options = about.choices.map((one) => ({ choices: [one], ...nothing() }))
  return { ...base, kind, attribute: about.subject, options, otherwise: nothing(), missing: nothing() }
}

const fits = (kind: Kind, type: string) =>
  kind === 'documents'
    ? type === 'file'
    : kind === 'choice'
      ? type.includes('choice')
      : /integer|float|number/.test(type)

/** Asks what a further rule judges; its points and reasons then stand among the others. */
export function NewRule({ taken, onAdd }: { taken: readonly string[]; onAdd: (rule: Rule) => void }) {
  const { t } = useTranslation()
  const [kind, setKind] = useState<Kind>('number')
  const [subject, setSubject] = useState<string | null>(null)
  const [topic, setTopic] = useState<Base['topic']>('other')
  const catalogue = useQuery({
    queryKey: ['catalogue'],
    meta: aside,
    queryFn: () => ask(api.GET('/api/v1/metadata/attributes/')),
  })
  const attributes = catalogue.data?.data.attributes ?? []
  const data =
    kind === 'figure'
      ? figures.map((one) => ({ value: one, label: t(`figure.${one}`) }))
      : attributes
          .filter((one) => fits(kind, one.type))
          .map((one) => ({ value: one.name, label: one.displayedName || one.name }))
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    event.stopPropagation()
    if (!subject) return
    const form = new FormData(event.currentTarget)
    const title = { fr: formText(form, 'fr'), en: formText(form, 'en') }
    const found = attributes.find((one) => one.name === subject)
    const id = [subject, `${subject}_2`, `${subject}_3`].find((one) => !taken.includes(one)) ?? `${subject}_n`
    onAdd(begin({ id, topic, title }, kind, { subject, choices: (found?.choices ?? []).map(String) }))
    event.currentTarget.reset()
    setSubject(null)
  }
  return (
    <Section title={t('scorecards.newRule')} about={t('scorecards.newRuleAbout')}>
      <form onSubmit={submit}>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
          <Select
            label={t('scorecards.ruleKind')}
            allowDeselect={false}
            data={kinds.map((one) => ({ value: one, label: t(`scorecards.kind_${one}`) }))}
            value={kind}
            onChange={(value) => {
              setKind(kinds.find((one) => one === value) ?? 'number')
              setSubject(null)
            }}
          />
          <Select
            label={t('scorecards.ruleSubject')}
            required
            searchable
            data={data}
            value={subject}
            onChange={setSubject}
          />
          <Select
            label={t('scorecards.topic')}
            allowDeselect={false}
            data={topics.map((one) => ({ value: one, label: t(`topic.${one}`) }))}
            value={topic}
            onChange={(value) => setTopic(topics.find((one) => one === value) ?? 'other')}
          />
          <TextInput name="fr" label={t('scorecards.titleFr')} required />
          <TextInput name="en" label={t('scorecards.titleEn')} required />
        </SimpleGrid>
        <Group mt="sm">
          <Button type="submit" variant="default" leftSection={<IconPlus size={18} />} disabled={!subject}>
            {t('scorecards.addRule')}
          </Button>
        </Group>
      </form>
    </Section>
  )
}
