import { Alert, Button, Group, NumberInput, SimpleGrid, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { OrderButtons } from '../parts/order.tsx'
import { Section } from '../parts/page.tsx'
import { Failure } from '../parts/states.tsx'
import type { Definition, Rule, Scorecard } from './definition.ts'
import { outcomesOf, withBands, withLimit, withOutcome } from './definition.ts'
import { NewRule } from './new-rule.tsx'
import { useOutcomeLabel } from './outcome-label.ts'
import { useJudged } from './rule-list.tsx'
import { Problems } from './scorecard.tsx'

/** A draft: points, limits, reasons by field; everything else as text. */
export function ScorecardForm({ card, onEnd }: { card: Scorecard; onEnd: () => void }) {
  const { t } = useTranslation()
  const { number, language } = useFormat()
  const [definition, setDefinition] = useState<Definition>(card.definition)
  const check = useAct({
    run: () => ask(api.POST('/api/v1/scorecards/validate/', { body: { definition } })),
    silent: true,
  })
  const save = useAct({
    run: () =>
      ask(
        api.PUT('/api/v1/scorecards/{version}/', {
          params: { path: { version: card.version } },
          body: { definition },
        }),
      ),
    done: t('common.saved'),
    refresh: [['scorecards']],
    onDone: onEnd,
    silent: true,
  })
  const found = check.data?.data
  const setRule = (rule: Rule) =>
    setDefinition({ ...definition, rules: definition.rules.map((one) => (one.id === rule.id ? rule : one)) })
  const setRules = (rules: Rule[]) => setDefinition({ ...definition, rules })
  return (
    <Stack>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack>
          <Section title={t('clients.overview')}>
            <SimpleGrid cols={{ base: 1, xs: 3 }}>
              {(['fr', 'en'] as const).map((one) => (
                <TextInput
                  key={one}
                  label={one === 'fr' ? t('scorecards.titleFr') : t('scorecards.titleEn')}
                  required
                  value={definition.title[one]}
                  onChange={(event) =>
                    setDefinition({ ...definition, title: { ...definition.title, [one]: event.currentTarget.value } })
                  }
                />
              ))}
              <NumberInput
                label={t('scorecards.base')}
                value={definition.base}
                onChange={(value) => setDefinition({ ...definition, base: Number(value) })}
              />
            </SimpleGrid>
          </Section>
          {definition.rules.map((rule, at) => (
            <RuleFields key={rule.id} rule={rule} onChange={setRule}>
              <OrderButtons name={rule.title[language]} items={definition.rules} at={at} onChange={setRules} />
            </RuleFields>
          ))}
          <AsText key={JSON.stringify(definition)} definition={definition} onApply={setDefinition} />
          <div aria-live="polite">
            {found ? (
              <Stack gap="xs">
                <Problems problems={found.problems} />
                {found.valid ? (
                  <Alert color="teal" variant="light" icon={<IconCircleCheck />} title={t('scorecards.sound')}>
                    {t('scorecards.range', {
                      lowest: number(found.range.lowest),
                      highest: number(found.range.highest),
                    })}
                  </Alert>
                ) : null}
              </Stack>
            ) : null}
            {check.error ? <Failure error={check.error} /> : null}
            {save.error ? <Failure error={save.error} /> : null}
          </div>
          <Group justify="flex-end">
            <Button variant="default" onClick={onEnd}>
              {t('action.cancel')}
            </Button>
            <Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>
              {t('scorecards.check')}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t('action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
      <NewRule taken={definition.rules.map((one) => one.id)} onAdd={(rule) => setRules([...definition.rules, rule])} />
    </Stack>
  )
}

function RuleFields(given: { rule: Rule; onChange: (rule: Rule) => void; children: ReactNode }) {
  const { rule, onChange, children } = given
  const { t } = useTranslation()
  const { language } = useFormat()
  const judged = useJudged()
  const label = useOutcomeLabel()
  return (
    <Section title={rule.title[language]} about={t('scorecards.judges', { what: judged(rule) })} actions={children}>
      <Stack gap="lg">
        {outcomesOf(rule).map((one) => {
          const { place, outcome, band } = one
          const name = `${rule.title[language]}, ${label(rule, one)}`
          const set = (change: Parameters<typeof withOutcome>[2]) => onChange(withOutcome(rule, place, change))
          return (
            <Stack key={place} gap={6}>
              <Text size="sm" fw={600}>
                {label(rule, one)}
              </Text>
              <Group gap="xs" align="flex-end">
                {band && band.to !== null ? (
                  <NumberInput
                    label={t('scorecards.limit')}
                    aria-label={`${t('scorecards.limit')}: ${name}`}
                    w={110}
                    decimalScale={4}
                    value={band.to}
                    onChange={(value) => onChange(withLimit(rule, Number(place.split('.')[1]), Number(value)))}
                  />
                ) : null}
                <NumberInput
                  label={t('scorecards.points')}
                  aria-label={`${t('scorecards.points')}: ${name}`}
                  w={100}
                  min={-100}
                  max={100}
                  value={outcome.points}
                  onChange={(value) => set({ points: Number(value) })}
                />
                <NumberInput
                  label={t('scorecards.ceiling')}
                  aria-label={`${t('scorecards.ceiling')}: ${name}`}
                  title={t('scorecards.ceilingHint')}
                  w={100}
                  min={0}
                  max={100}
                  value={outcome.ceiling ?? ''}
                  onChange={(value) => set({ ceiling: value === '' ? undefined : Number(value) })}
                />
                {(['fr', 'en'] as const).map((one) => (
                  <TextInput
                    key={one}
                    label={one === 'fr' ? t('scorecards.reasonFr') : t('scorecards.reasonEn')}
                    aria-label={`${one === 'fr' ? t('scorecards.reasonFr') : t('scorecards.reasonEn')}: ${name}`}
                    flex="1 1 14rem"
                    value={outcome.reason[one]}
                    onChange={(event) => set({ reason: { ...outcome.reason, [one]: event.currentTarget.value } })}
                  />
                ))}
              </Group>
            </Stack>
          )
        })}
        {'bands' in rule ? (
          <Group gap="xs">
            <Button size="compact-sm" variant="default" onClick={() => onChange(withBands(rule, 1))}>
              {t('scorecards.addBand')}
            </Button>
            {rule.bands.length > 1 ? (
              <Button size="compact-sm" variant="default" onClick={() => onChange(withBands(rule, -1))}>
                {t('scorecards.dropBand')}
              </Button>
            ) : null}
          </Group>
        ) : null}
      </Stack>
    </Section>
  )
}

function AsText({ definition, onApply }: { definition: Definition; onApply: (definition: Definition) => void }) {
  const { t } = useTranslation()
  const [text, setText] = useState(() => JSON.stringify(definition, null, 2))
  const [error, setError] = useState<string | null>(null)
  const apply = () => {
    try {
      setError(null)
      onApply(JSON.parse(text) as Definition)
    } catch (reason) {
      setError(t('scorecards.notJson', { reason: reason instanceof Error ? reason.message : '' }))
    }
  }
  return (
    <Section title={t('scorecards.asText')} about={t('scorecards.asTextAbout')}>
      <Stack>
        <Textarea
          aria-label={t('scorecards.asText')}
          ff="monospace"
          rows={10}
          value={text}
          error={error}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Group>
          <Button variant="default" onClick={apply}>
            {t('scorecards.apply')}
          </Button>
        </Group>
      </Stack>
    </Section>
  )
}
