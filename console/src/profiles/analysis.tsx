import { Box, Grid, Group, RingProgress, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../parts/format.ts'
import { Facts, Section } from '../parts/page.tsx'

type Both = { fr: string; en: string }
type Reason = { rule: string; title: Both; points: number; maximum: number; text: Both; hidden: boolean }
export type Details = {
  base: number
  reasons: readonly Reason[]
  debtRatio: number | null
  debtRatioLimit: number
  leftToLiveOn: number | null
  grade: Both
  documents: { missing: readonly string[] }
}

/** The score as a ring, and each reason as a bar to the left or right of nought: what helped, what hurt, how much. */
export function AnalysisPicture({
  score,
  details,
  version,
}: {
  score: number | null
  details: Details
  version: number | null
}) {
  const { t } = useTranslation()
  const { language, number } = useFormat()
  const value = score ?? 0
  const color = value >= 70 ? 'teal' : value >= 40 ? 'yellow' : 'red'
  const widest = Math.max(1, ...details.reasons.map((one) => Math.abs(one.points)))
  const reasons = [...details.reasons].sort((a, b) => Math.abs(b.points) - Math.abs(a.points))
  const percent = (ratio: number | null) =>
    ratio === null ? null : number(ratio, { style: 'percent', maximumFractionDigits: 1 })
  return (
    <Section title={t('analysis.title')} about={version === null ? null : t('analysis.version', { version })}>
      <Grid>
        <Grid.Col span={{ base: 12, sm: 4 }}>
          <Stack align="center" gap="xs">
            <RingProgress
              size={168}
              thickness={14}
              roundCaps
              sections={[{ value, color }]}
              aria-label={t('analysis.scoreIs', { score: value })}
              label={
                <Stack gap={0} align="center">
                  <Text fz={36} lh={1.1} fw={700} className="figure-number">
                    {score === null ? '—' : number(score)}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {t('analysis.of100')}
                  </Text>
                </Stack>
              }
            />
            <Text fw={600}>{details.grade[language]}</Text>
            <Facts
              facts={[
                [t('analysis.debtRatio'), percent(details.debtRatio)],
                [t('analysis.leftToLiveOn'), details.leftToLiveOn === null ? null : number(details.leftToLiveOn)],
              ]}
            />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, sm: 8 }}>
          <Text fw={600} mb="xs">
            {t('analysis.reasons')}
          </Text>
          <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
            {reasons.map((reason) => (
              <Box component="li" key={reason.rule}>
                <Group justify="space-between" wrap="nowrap" gap="sm">
                  <Text size="sm" fw={550}>
                    {reason.title[language]}
                  </Text>
                  <Text size="sm" className="figure-number" style={{ whiteSpace: 'nowrap' }}>
                    {number(reason.points, { signDisplay: 'exceptZero' })}
                  </Text>
                </Group>
                <Bar share={reason.points / widest} />
                <Text size="xs" c="dimmed">
                  {reason.text[language]}
                </Text>
              </Box>
            ))}
          </Stack>
        </Grid.Col>
      </Grid>
    </Section>
  )
}

function Bar({ share }: { share: number }) {
  const width = `${Math.abs(share) * 50}%`
  return (
    <Box
      aria-hidden
      h={8}
      my={4}
      pos="relative"
      bg="light-dark(var(--mantine-color-gray-1), var(--mantine-color-dark-5))"
      style={{ borderRadius: 4, overflow: 'hidden' }}
    >
      <Box
        pos="absolute"
        h="100%"
        w={width}
        bg={share < 0 ? 'red.6' : 'teal.6'}
        style={share < 0 ? { right: '50%' } : { left: '50%' }}
      />
      <Box pos="absolute" left="50%" h="100%" w={1} bg="var(--mantine-color-dimmed)" />
    </Box>
  )
}
