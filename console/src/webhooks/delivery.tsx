import { Alert, Button, SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Page, Payload, Section } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { DeliveryState } from './webhook.tsx'

export function DeliveryScreen() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const may = useMay()
  const pk = Number(useParams({ strict: false }).pk)
  const [chosen, setChosen] = useState<number | null>(null)
  const query = useQuery({
    queryKey: ['webhooks', 'delivery', pk],
    queryFn: () => ask(api.GET('/api/v1/webhooks/deliveries/{pk}/', { params: { path: { pk } } })),
    refetchInterval: ({ state }) => (state.data?.data.status === 'pending' ? 3000 : false),
  })
  const replay = useAct({
    run: () => ask(api.POST('/api/v1/webhooks/deliveries/{pk}/replay/', { params: { path: { pk } } })),
    done: t('delivery.replayed'),
    refresh: [['webhooks']],
  })
  const hook = query.data?.data.webhook
  return (
    <Page
      title={query.data?.data.eventType ?? t('delivery.one')}
      back={{ to: hook ? `/webhooks/${hook}` : '/webhooks', title: t('webhooks.one') }}
      actions={
        may('webhook:replay') && query.data ? (
          <Button onClick={() => replay.mutate()} loading={replay.isPending}>
            {t('delivery.replay')}
          </Button>
        ) : null
      }
    >
      <Answer query={query} rows={4}>
        {({ data }) => {
          // The server gives the newest first.
          const attempts = data.attempt_set.toSorted((one, other) => one.number - other.number)
          const last = attempts.at(-1)?.number ?? null
          const shown = chosen ?? last
          return (
            <Stack>
              <Section title={t('delivery.one')}>
                <Facts
                  facts={[
                    [t('common.state'), <DeliveryState key="state" status={data.status} />],
                    [t('common.id'), data.webhookId],
                    [t('common.created'), moment(data.createdAt)],
                    [t('delivery.finished'), moment(data.finishedAt)],
                    [t('delivery.next'), moment(data.nextAttemptAt)],
                  ]}
                />
              </Section>
              <Section title={t('delivery.attempts')}>
                {shown === null ? (
                  <Empty title={t('delivery.noAttempts')} />
                ) : (
                  <Stack>
                    {attempts.length > 1 ? (
                      <SegmentedControl
                        aria-label={t('delivery.attempts')}
                        style={{ alignSelf: 'flex-start' }}
                        value={String(shown)}
                        onChange={(value) => setChosen(Number(value))}
                        data={attempts.map((one) => ({ value: String(one.number), label: `${one.number}` }))}
                      />
                    ) : null}
                    <Attempt pk={pk} number={shown} />
                  </Stack>
                )}
              </Section>
            </Stack>
          )
        }}
      </Answer>
    </Page>
  )
}

const printHeaders = (headers: { [name: string]: string }) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')

function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

/** What was sent and what came back. */
function Attempt({ pk, number: nth }: { pk: number; number: number }) {
  const { t } = useTranslation()
  const { exact, number } = useFormat()
  const query = useQuery({
    queryKey: ['webhooks', 'attempt', pk, nth],
    queryFn: () =>
      ask(api.GET('/api/v1/webhooks/deliveries/{pk}/attempts/{number}/', { params: { path: { pk, number: nth } } })),
  })
  return (
    <Answer query={query}>
      {({ data }) => (
        <Stack>
          <Facts
            facts={[
              [t('delivery.at'), exact(data.attemptedAt)],
              [t('webhooks.address'), data.url],
              [t('delivery.answer'), data.statusCode ?? data.errorCode],
              [t('delivery.duration'), t('delivery.ms', { ms: number(data.totalMs) })],
            ]}
          />
          {data.error ? (
            <Alert color="red" variant="light">
              {data.error}
            </Alert>
          ) : null}
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Stack gap="xs">
              <Text fw={600}>{t('delivery.request')}</Text>
              <Payload>{`${printHeaders(data.request.headers)}\n\n${readable(data.request.body)}`}</Payload>
            </Stack>
            <Stack gap="xs">
              <Text fw={600}>{t('delivery.answer')}</Text>
              {data.response ? (
                <Payload>{`${printHeaders(data.response.headers)}\n\n${readable(data.response.body)}`}</Payload>
              ) : (
                <Text c="dimmed">{t('delivery.noAnswer')}</Text>
              )}
            </Stack>
          </SimpleGrid>
        </Stack>
      )}
    </Answer>
  )
}
