import { Select, Stack, Tabs, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useSearchState } from '../app/location.ts'
import type { Tone } from '../parts/controls.tsx'
import { State } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { useUserNames } from '../people/user-source.ts'
import { useCategoryName } from './notice-lines.tsx'
import { SendingSettings } from './sending-settings.tsx'
import { useReasonText } from './sent-words.ts'

type Delivery =
  Paths['/api/v1/notifications/deliveries']['get']['responses'][200]['content']['application/json']['deliveries'][number]
type Status = Delivery['status']
const tones: Record<Status, Tone> = {
  queued: 'waiting',
  digest: 'waiting',
  collecting: 'waiting',
  sending: 'waiting',
  retrying: 'waiting',
  sent: 'good',
  failed: 'bad',
  suppressed: 'plain',
  bounced: 'bad',
  complained: 'bad',
}
const statuses = [
  'queued',
  'digest',
  'sending',
  'retrying',
  'sent',
  'failed',
  'suppressed',
  'bounced',
  'complained',
] as const

export function SentState({ status }: { status: Status }) {
  const { t } = useTranslation()
  return <State tone={tones[status]}>{t(`noticeDeliveries.status.${status}`)}</State>
}

const channels = ['email', 'in_app', 'webhook'] as const
export function useChannelName(): (channel: string) => string {
  const { t } = useTranslation()
  return (channel) => {
    const known = channels.find((one) => one === channel)
    return known ? t(`channel.${known}`) : channel
  }
}

/** What became of messages, for administrators; and how many may be sent. */
export function SentMessages() {
  const { t } = useTranslation()
  const [search, change] = useSearchState()
  return (
    <Page
      title={t('noticeDeliveries.title')}
      about={t('noticeDeliveries.about')}
      back={{ to: '/notifications', title: t('notices.title') }}
    >
      <Tabs
        value={search.tab === 'settings' ? 'settings' : 'list'}
        onChange={(tab) => change({ tab: tab === 'list' ? undefined : (tab ?? undefined) })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="list">{t('notices.inbox')}</Tabs.Tab>
          <Tabs.Tab value="settings">{t('noticeSettings.title')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="list">
          <Deliveries />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <SendingSettings />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

function Deliveries() {
  const { t } = useTranslation()
  const { moment, number } = useFormat()
  const categoryName = useCategoryName()
  const channelName = useChannelName()
  const reasonText = useReasonText()
  const [search, change] = useSearchState()
  const status = statuses.find((one) => one === search.status)
  const query = useQuery({
    queryKey: ['notification-deliveries', status, search.cursor],
    queryFn: () => {
      const given = { ...(status ? { status } : {}), ...(search.cursor ? { cursor: search.cursor } : {}), limit: 50 }
      return ask(api.GET('/api/v1/notifications/deliveries', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
  })
  const userName = useUserNames((query.data?.deliveries ?? []).flatMap((one) => one.user_id ?? []))
  return (
    <Stack>
      <Select
        label={t('common.state')}
        placeholder={t('common.all')}
        clearable
        clearButtonProps={{ 'aria-label': t('action.clear') }}
        maw={300}
        data={statuses.map((one) => ({ value: one, label: t(`noticeDeliveries.status.${one}`) }))}
        value={status ?? null}
        onChange={(value) => change({ status: value ?? undefined, cursor: undefined })}
      />
      <Answer query={query} rows={8}>
        {({ deliveries, next_cursor }) => (
          <>
            <Listing
              label={t('noticeDeliveries.title')}
              rows={deliveries}
              keyOf={(one) => one.id}
              link={(one) => `/notifications/sent/${one.id}`}
              empty={<Empty title={t('noticeDeliveries.none')} />}
              columns={[
                {
                  label: t('noticeDeliveries.to'),
                  cell: (one) => one.address ?? (one.user_id ? userName(one.user_id) : '—'),
                },
                { label: t('noticeDeliveries.channel'), cell: (one) => channelName(one.channel) },
                {
                  label: t('noticeTemplates.category'),
                  cell: (one) => (one.category ? categoryName(one.category) : '—'),
                },
                {
                  label: t('common.state'),
                  cell: (one) => (
                    <>
                      <SentState status={one.status} />
                      {one.reason ? (
                        <Text size="xs" c="dimmed">
                          {reasonText(one.reason)}
                        </Text>
                      ) : null}
                    </>
                  ),
                },
                { label: t('noticeDeliveries.attempts'), cell: (one) => number(one.attempts), atEnd: true },
                { label: t('common.created'), cell: (one) => moment(one.created_at) },
              ]}
            />
            <NextPage next={next_cursor} name="cursor" />
          </>
        )}
      </Answer>
    </Stack>
  )
}
