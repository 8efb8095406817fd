import { Alert, Anchor, Button, Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core'
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Copyable } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Page, Section } from '../parts/page.tsx'
import { useCodeText } from '../parts/problem-text.ts'
import { Answer, Empty, Failure } from '../parts/states.tsx'
import { useCategory } from './event-lines.tsx'

const breaches = ['altered', 'missing', 'reordered', 'rewritten', 'inserted', 'checkpoint_altered'] as const
type Breach = (typeof breaches)[number]

/** Nothing was changed, left out or put in: computed anew before the reader's eyes, chain by chain. */
export function AuditIntegrity() {
  const { t } = useTranslation()
  const { number } = useFormat()
  const category = useCategory()
  const tellCode = useCodeText()
  const may = useMay()
  const { verify, result, job } = useVerification()
  return (
    <Page
      title={t('integrity.title')}
      about={t('integrity.about')}
      actions={
        may('audit:verify') ? (
          <Button
            leftSection={<IconShieldCheck size={18} />}
            onClick={() => verify.mutate()}
            loading={verify.isPending || isUnderWay(job)}
          >
            {t('integrity.verify')}
          </Button>
        ) : null
      }
    >
      {verify.error ? <Failure error={verify.error} /> : null}
      {job && isUnderWay(job) ? (
        <Stack gap="xs">
          <Text size="sm">
            {t('integrity.underWay', { checked: number(job.events_checked), expected: number(job.events_expected) })}
          </Text>
          <Progress value={job.percent} aria-label={t('integrity.verify')} />
        </Stack>
      ) : null}
      {job?.status === 'failed' || job?.status === 'cancelled' ? (
        <Alert color="red" variant="light" title={t('integrity.unfinished')}>
          {job.failure ? tellCode(job.failure.code, job.failure.message) : null}
        </Alert>
      ) : null}
      <div aria-live="polite">
        {result ? (
          <Stack>
            <Alert
              color={result.valid ? 'teal' : 'red'}
              variant="light"
              icon={result.valid ? <IconShieldCheck /> : <IconShieldX />}
              title={result.valid ? t('integrity.valid') : t('integrity.broken')}
            >
              {result.valid ? t('integrity.validText') : t('integrity.brokenText')}
            </Alert>
            <SimpleGrid cols={{ base: 1, xs: 3 }}>
              <Amount label={t('integrity.checked')} value={number(result.events_checked)} />
              <Amount label={t('integrity.checkpointsVerified')} value={number(result.checkpoints_verified)} />
              <Amount
                label={t('integrity.time')}
                value={t('integrity.seconds', {
                  seconds: number(result.verification_time_ms / 1000, { maximumFractionDigits: 2 }),
                })}
              />
            </SimpleGrid>
            {result.breaches.length > 0 ? (
              <Section title={t('integrity.breaches')}>
                <Stack gap="xs">
                  {result.breaches.map((one) => (
                    <Text size="sm" key={`${one.category} ${one.sequence} ${one.reason}`}>
                      {category(one.category)} · {one.sequence === null ? '—' : number(one.sequence)} ·{' '}
                      {breaches.some((known) => known === one.reason)
                        ? t(`integrity.breach.${one.reason as Breach}`)
                        : one.message}{' '}
                      {one.event_id ? (
                        <Anchor href={`/console/audit/${one.event_id}`}>{t('integrity.toEvent')}</Anchor>
                      ) : null}
                    </Text>
                  ))}
                </Stack>
              </Section>
            ) : null}
            <Section title={t('integrity.chains')} about={t('integrity.chainsAbout')}>
              <Listing
                label={t('integrity.chains')}
                rows={result.chains}
                keyOf={(one) => one.category}
                empty={<Empty title={t('audit.none')} />}
                columns={[
                  { label: t('audit.category'), cell: (one) => category(one.category) },
                  { label: t('integrity.first'), cell: (one) => number(one.first_sequence), atEnd: true },
                  { label: t('integrity.last'), cell: (one) => number(one.last_sequence), atEnd: true },
                  {
                    label: t('integrity.link'),
                    cell: (one) => <Copyable value={one.link_hash} label={t('action.copy')} />,
                  },
                ]}
              />
            </Section>
          </Stack>
        ) : null}
      </div>
      <Checkpoints />
    </Page>
  )
}

type Underway = { status: string }
const isUnderWay = (job: Underway | undefined) => job?.status === 'pending' || job?.status === 'running'
const lookEveryMs = 1000

/** The answer to a short log comes at once; of a long one a job that is followed to its end. */
function useVerification() {
  const [id, setId] = useState<string | null>(null)
  const verify = useAct({
    run: () => ask(api.POST('/api/v1/audit/verify-integrity', { body: {} })),
    onDone: (answer) => setId('verification_id' in answer ? answer.verification_id : null),
    silent: true,
  })
  const followed = useQuery({
    queryKey: ['audit', 'verifications', id],
    queryFn: () =>
      ask(
        api.GET('/api/v1/audit/verifications/{verification_id}', { params: { path: { verification_id: id ?? '' } } }),
      ),
    enabled: id !== null,
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? lookEveryMs : false),
  })
  const answer = verify.data
  const job = id === null ? undefined : (followed.data ?? (answer && 'verification_id' in answer ? answer : undefined))
  const result = answer && 'valid' in answer ? answer : job?.result
  return { verify, job, result }
}

function Amount({ label, value }: { label: string; value: string }) {
  return (
    <Stack gap={0}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fz={24} fw={650} className="figure-number">
        {value}
      </Text>
    </Stack>
  )
}

function Checkpoints() {
  const { t } = useTranslation()
  const { moment, number } = useFormat()
  const category = useCategory()
  const may = useMay()
  const key = ['audit', 'checkpoints']
  const query = useQuery({
    queryKey: key,
    queryFn: () => ask(api.GET('/api/v1/audit/checkpoints', { params: { query: { limit: 50 } } })),
  })
  const sign = useAct({
    run: () => ask(api.POST('/api/v1/audit/checkpoints')),
    done: ({ checkpoints }) => t('integrity.signed', { count: checkpoints.length }),
    refresh: [key],
  })
  return (
    <Section
      title={t('integrity.checkpoints')}
      about={t('integrity.checkpointsAbout')}
      actions={
        <Group gap="xs">
          <Button component="a" href="/tools/verify-audit.mjs" download variant="default">
            {t('integrity.tool')}
          </Button>
          {may('audit:verify') ? (
            <Button variant="default" onClick={() => sign.mutate()} loading={sign.isPending}>
              {t('integrity.sign')}
            </Button>
          ) : null}
        </Group>
      }
    >
      <Answer query={query} rows={4}>
        {({ checkpoints }) => (
          <Listing
            label={t('integrity.checkpoints')}
            rows={checkpoints}
            keyOf={(one) => one.id}
            empty={<Empty title={t('integrity.noCheckpoints')} />}
            columns={[
              { label: t('common.created'), cell: (one) => moment(one.created_at) },
              { label: t('audit.category'), cell: (one) => category(one.category) },
              { label: t('integrity.number'), cell: (one) => number(one.number), atEnd: true },
              { label: t('integrity.upTo'), cell: (one) => number(one.sequence), atEnd: true },
              {
                label: t('integrity.signature'),
                cell: (one) => <Copyable value={`${one.signature.slice(0, 24)}…`} label={t('action.copy')} />,
              },
            ]}
          />
        )}
      </Answer>
    </Section>
  )
}
