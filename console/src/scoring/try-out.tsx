import { Anchor, Box, Button, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import { Empty, Failure } from '../parts/states.tsx'
import type { Rule } from './definition.ts'

type Outcome =
  Paths['/api/v1/scorecards/{version}/try-out/']['post']['responses'][200]['content']['application/json']['data']

/** What a draft would make of the newest profiles, before it judges any. */
export function TryOut({ version, rules }: { version: number; rules: readonly Rule[] }) {
  const { t } = useTranslation()
  const act = useAct({
    run: () =>
      ask(
        api.POST('/api/v1/scorecards/{version}/try-out/', {
          params: { path: { version }, query: { sample: 1000 } },
        }),
      ),
    silent: true,
  })
  const data = act.data?.data
  return (
    <Section
      title={t('scorecards.tryOut')}
      about={t('scorecards.tryOutAbout')}
      actions={
        <Button variant="default" loading={act.isPending} onClick={() => act.mutate()}>
          {t('scorecards.tryOutRun')}
        </Button>
      }
    >
      <div aria-live="polite">
        {act.error ? <Failure error={act.error} /> : null}
        {data && data.sampled === 0 ? (
          <Empty title={t('scorecards.noProfiles')}>{t('scorecards.noProfilesMore')}</Empty>
        ) : null}
        {data && data.sampled > 0 ? <Result outcome={data} rules={rules} /> : null}
      </div>
    </Section>
  )
}

function Result({ outcome, rules }: { outcome: Outcome; rules: readonly Rule[] }) {
  const { t } = useTranslation()
  const { number, language } = useFormat()
  const average = (value: number | null) => (value === null ? '—' : number(value, { maximumFractionDigits: 1 }))
  const { average: averages } = outcome
  const figures = [
    [t('scorecards.changed'), number(outcome.changed)],
    [t('scorecards.raised'), number(outcome.raised)],
    [t('scorecards.lowered'), number(outcome.lowered)],
    [
      t('scorecards.average'),
      t('scorecards.beforeAfter', { before: average(averages.before), after: average(averages.after) }),
    ],
  ] as const
  const titles = new Map(rules.map((one) => [one.id, one.title[language]]))
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t('scorecards.sampled', { count: outcome.sampled, shown: number(outcome.sampled) })}
      </Text>
      <SimpleGrid cols={{ base: 2, md: 4 }}>
        {figures.map(([label, value]) => (
          <Box key={label}>
            <Text size="sm" c="dimmed">
              {label}
            </Text>
            <Text fz={22} fw={650} className="figure-number">
              {value}
            </Text>
          </Box>
        ))}
      </SimpleGrid>
      <Histogram histogram={outcome.histogram} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Stack gap="xs">
          <Text fw={600}>{t('scorecards.movers')}</Text>
          <Listing
            label={t('scorecards.movers')}
            rows={outcome.movers}
            keyOf={(one) => one.profile}
            empty={<Text size="sm">—</Text>}
            columns={[
              {
                label: t('scorecards.profile'),
                cell: (one) => (
                  <Anchor component={Link} to={`/profiles/${one.profile}`} size="sm">
                    {t('profiles.one', { number: one.profile })}
                  </Anchor>
                ),
              },
              {
                label: t('scorecards.change'),
                cell: (one) => t('scorecards.beforeAfter', { before: number(one.before), after: number(one.after) }),
                atEnd: true,
              },
            ]}
          />
        </Stack>
        <Stack gap="xs">
          <Text fw={600}>{t('scorecards.byRule')}</Text>
          <Listing
            label={t('scorecards.byRule')}
            rows={outcome.rules}
            keyOf={(one) => one.rule}
            empty={<Text size="sm">—</Text>}
            columns={[
              { label: t('scorecards.rule'), cell: (one) => titles.get(one.rule) ?? one.rule },
              {
                label: t('scorecards.change'),
                cell: (one) => t('scorecards.beforeAfter', { before: average(one.before), after: average(one.after) }),
                atEnd: true,
              },
            ]}
          />
        </Stack>
      </SimpleGrid>
    </Stack>
  )
}

const ranges = ['0–9', '10–19', '20–29', '30–39', '40–49', '50–59', '60–69', '70–79', '80–89', '90–100']

/** Ten pairs of bars; their numbers stand beside them, so the picture is only a help. */
function Histogram({ histogram }: { histogram: Outcome['histogram'] }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const most = Math.max(1, ...histogram.before, ...histogram.after)
  return (
    <Box component="section" aria-label={t('scorecards.histogram')}>
      <Group justify="space-between">
        <Text fw={600}>{t('scorecards.histogram')}</Text>
        <Group gap="md">
          {(['before', 'after'] as const).map((one) => (
            <Group key={one} gap={6}>
              <Box className={`bar bar-${one}`} w={14} h={14} aria-hidden />
              <Text size="sm">{t(`scorecards.${one}`)}</Text>
            </Group>
          ))}
        </Group>
      </Group>
      <Stack gap={6} mt="xs">
        {ranges.map((range, at) => (
          <Group key={range} gap="sm" wrap="nowrap">
            <Text size="xs" w={50} className="figure-number">
              {range}
            </Text>
            <Stack gap={2} flex={1}>
              {(['before', 'after'] as const).map((one) => {
                const count = histogram[one][at] ?? 0
                return (
                  <Group key={one} gap={6} wrap="nowrap">
                    <Box className={`bar bar-${one}`} w={`${(count / most) * 85}%`} h={9} miw={count > 0 ? 3 : 0} />
                    <Text size="xs" lh={1} className="figure-number">
                      {number(count)}
                    </Text>
                  </Group>
                )
              })}
            </Stack>
          </Group>
        ))}
      </Stack>
    </Box>
  )
}
