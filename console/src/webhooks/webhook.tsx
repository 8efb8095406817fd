import { Alert, Button, SegmentedControl, Stack } from '@mantine/core'
import { IconEdit } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import type { Tone } from '../parts/controls.tsx'
import { SecretOnce, State, useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer, Empty, NoneFits } from '../parts/states.tsx'
import type { Endpoint } from './webhook-form.tsx'
import { WebhookForm } from './webhook-form.tsx'
import { EndpointState } from './webhooks.tsx'

export const deliveryStatuses = ['pending', 'succeeded', 'failed', 'skipped'] as const
type Status = (typeof deliveryStatuses)[number]
const tones: Record<Status, Tone> = { pending: 'waiting', succeeded: 'good', failed: 'bad', skipped: 'plain' }

export function DeliveryState({ status }: { status: Status }) {
  const { t } = useTranslation()
  return <State tone={tones[status]}>{t(`delivery.${status}`)}</State>
}

export function WebhookScreen() {
  const { t } = useTranslation()
  const { moment, list } = useFormat()
  const pk = Number(useParams({ strict: false }).pk)
  const query = useQuery({
    queryKey: ['webhooks', pk],
    queryFn: () => ask(api.GET('/api/v1/webhooks/{pk}/', { params: { path: { pk } } })),
  })
  const hook = query.data?.data
  return (
    <Page
      title={hook?.url ?? t('webhooks.one')}
      about={hook?.description}
      back={{ to: '/webhooks', title: t('webhooks.title') }}
      actions={hook ? <Actions hook={hook} /> : null}
    >
      <Answer query={query} rows={4}>
        {({ data }) => (
          <Stack>
            {data.status === 'disabled' ? (
              <Alert color="red" variant="light" title={t('webhooks.disabled')}>
                {data.disabledReason === 'gone' ? t('webhooks.gone') : t('webhooks.gaveUp')}
              </Alert>
            ) : null}
            <Section title={t('webhooks.one')}>
              <Facts
                facts={[
                  [
                    t('common.state'),
                    <EndpointState key="state" status={data.status} failingSince={data.failingSince} />,
                  ],
                  [t('webhooks.events'), data.eventTypes ? list(data.eventTypes) : t('webhooks.allEvents')],
                  [t('webhooks.reach'), data.ofAllClients ? t('webhooks.ofAllClients') : t('webhooks.ofAccount')],
                  [t('webhooks.failingSince'), data.failingSince ? moment(data.failingSince) : null],
                  [t('common.created'), moment(data.createdAt)],
                  [t('common.changed'), moment(data.updatedAt)],
                ]}
              />
            </Section>
            <Deliveries pk={pk} />
          </Stack>
        )}
      </Answer>
    </Page>
  )
}

function Actions({ hook }: { hook: Endpoint & { status: 'enabled' | 'paused' | 'disabled'; updatedAt: string } }) {
  const { pk, status } = hook
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const [secret, setSecret] = useState<string | null>(null)
  const [editing, setEditing] = useState(false)
  const params = { params: { path: { pk } } }
  const refresh = [['webhooks']]
  const test = useAct({
    run: () => ask(api.POST('/api/v1/webhooks/{pk}/test/', params)),
    done: t('webhooks.testSent'),
    refresh,
  })
  const pause = useAct({
    run: () => ask(api.POST('/api/v1/webhooks/{pk}/pause/', params)),
    done: t('webhooks.pausedDone'),
    refresh,
  })
  const resume = useAct({
    run: () => ask(api.POST('/api/v1/webhooks/{pk}/resume/', params)),
    done: t('webhooks.resumed'),
    refresh,
  })
  const rotate = useAct({
    run: () => ask(api.POST('/api/v1/webhooks/{pk}/secret/rotate/', params)),
    refresh,
    onDone: ({ data }) => setSecret(data.secret),
  })
  const remove = useAct({
    run: () => ask(api.DELETE('/api/v1/webhooks/{pk}/', params)),
    done: t('webhooks.removed'),
    refresh,
    onDone: () => void navigate({ to: '/webhooks' }),
  })
  if (!may('webhook:manage')) return null
  return (
    <>
      <Button variant="default" onClick={() => test.mutate()} loading={test.isPending}>
        {t('webhooks.test')}
      </Button>
      <Button variant="default" leftSection={<IconEdit size={18} />} onClick={() => setEditing(true)}>
        {t('action.edit')}
      </Button>
      {status === 'enabled' ? (
        <Button variant="default" onClick={() => pause.mutate()}>
          {t('webhooks.pause')}
        </Button>
      ) : (
        <Button onClick={() => resume.mutate()}>{t('webhooks.resume')}</Button>
      )}
      <Button
        variant="default"
        onClick={() =>
          confirm({
            title: t('webhooks.rotate'),
            text: t('webhooks.rotateText'),
            action: t('webhooks.rotate'),
            run: () => rotate.mutate(),
            harmless: true,
          })
        }
      >
        {t('webhooks.rotate')}
      </Button>
      <Button
        variant="default"
        c="var(--mantine-color-error)"
        onClick={() =>
          confirm({
            title: t('webhooks.removeTitle'),
            text: t('webhooks.removeText'),
            action: t('action.delete'),
            run: () => remove.mutate(),
          })
        }
      >
        {t('action.delete')}
      </Button>
      <WebhookForm opened={editing} onClose={() => setEditing(false)} endpoint={hook} key={hook.updatedAt} />
      <SecretOnce
        title={t('webhooks.secret')}
        about={t('webhooks.secretAbout')}
        secret={secret}
        onClose={() => setSecret(null)}
      />
    </>
  )
}

function Deliveries({ pk }: { pk: number }) {
  const { t } = useTranslation()
  const { moment, number } = useFormat()
  const [search, change] = useSearchState()
  const status = deliveryStatuses.find((one) => one === search.status)
  const query = useQuery({
    queryKey: ['webhooks', pk, 'deliveries', search],
    queryFn: () => {
      const given = {
        ...(status ? { status } : {}),
        ...(search.before ? { before: Number(search.before) } : {}),
        limit: 25,
      }
      return ask(api.GET('/api/v1/webhooks/{pk}/deliveries/', { params: { path: { pk }, query: given } }))
    },
    placeholderData: keepPreviousData,
    // What is under way finishes by itself: the list shows it.
    refetchInterval: ({ state }) => (state.data?.data.results.some((one) => one.status === 'pending') ? 3000 : false),
  })
  return (
    <Section title={t('delivery.title')} about={t('delivery.about')}>
      <Stack>
        <SegmentedControl
          aria-label={t('common.state')}
          style={{ alignSelf: 'flex-start', maxWidth: '100%' }}
          value={status ?? 'all'}
          onChange={(value) => change({ status: value === 'all' ? undefined : value, before: undefined })}
          data={[
            { value: 'all', label: t('common.all') },
            ...deliveryStatuses.map((one) => ({ value: one, label: t(`delivery.${one}`) })),
          ]}
        />
        <Answer query={query}>
          {({ data }) => (
            <>
              <Listing
                label={t('delivery.title')}
                rows={data.results}
                keyOf={(one) => one.pk}
                link={(one) => `/deliveries/${one.pk}`}
                empty={status ? <NoneFits /> : <Empty title={t('delivery.none')} />}
                columns={[
                  { label: t('delivery.event'), cell: (one) => one.eventType },
                  { label: t('common.state'), cell: (one) => <DeliveryState status={one.status} /> },
                  { label: t('delivery.answer'), cell: (one) => one.lastStatusCode ?? one.lastErrorCode ?? '—' },
                  { label: t('delivery.attempts'), cell: (one) => number(one.attempts), atEnd: true },
                  { label: t('common.created'), cell: (one) => moment(one.createdAt) },
                  { label: t('delivery.next'), cell: (one) => moment(one.nextAttemptAt) },
                ]}
              />
              <NextPage next={data.next === null ? null : String(data.next)} name="before" />
            </>
          )}
        </Answer>
      </Stack>
    </Section>
  )
}
