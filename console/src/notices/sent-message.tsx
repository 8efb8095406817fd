import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { useUserNames } from '../people/user-source.ts'
import { SentState, useChannelName } from './sent.tsx'
import { useReasonText } from './sent-words.ts'

export function SentMessage() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const channelName = useChannelName()
  const reasonText = useReasonText()
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: ['notification-deliveries', 'one', id],
    queryFn: () =>
      ask(api.GET('/api/v1/notifications/deliveries/{delivery_id}', { params: { path: { delivery_id: id } } })),
  })
  const userName = useUserNames(query.data?.user_id ? [query.data.user_id] : [])
  return (
    <Page title={t('noticeDeliveries.one')} back={{ to: '/notifications/sent', title: t('noticeDeliveries.title') }}>
      <Answer query={query} rows={6}>
        {(one) => (
          <Stack>
            <Section title={t('clients.overview')}>
              <Facts
                facts={[
                  [t('common.state'), <SentState key="state" status={one.status} />],
                  [t('noticeDeliveries.reason'), reasonText(one.reason)],
                  [t('noticeDeliveries.to'), one.address ?? (one.user_id ? userName(one.user_id) : null)],
                  [t('noticeDeliveries.channel'), channelName(one.channel)],
                  [t('noticeDeliveries.provider'), one.provider],
                  [t('noticeDeliveries.error'), one.last_error],
                  [t('common.created'), moment(one.created_at)],
                  [t('noticeDeliveries.next'), moment(one.next_attempt_at)],
                  [t('noticeDeliveries.finished'), moment(one.finished_at)],
                ]}
              />
            </Section>
            <Section title={t('noticeDeliveries.attempts')}>
              <Listing
                label={t('noticeDeliveries.attempts')}
                rows={one.attempt_list}
                keyOf={(attempt) => attempt.number}
                empty={<Empty title={t('noticeDeliveries.noAttempts')} />}
                columns={[
                  { label: t('noticeDeliveries.at'), cell: (attempt) => moment(attempt.started_at) },
                  { label: t('noticeDeliveries.outcome'), cell: (attempt) => reasonText(attempt.outcome) ?? '—' },
                  { label: t('noticeDeliveries.answer'), cell: (attempt) => attempt.response ?? '—' },
                ]}
              />
            </Section>
          </Stack>
        )}
      </Answer>
    </Page>
  )
}
