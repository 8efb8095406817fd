import { Button, Group, Paper, SegmentedControl, Stack, Tabs } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { NoticeLines, useReadAll } from './notice-lines.tsx'
import { Preferences } from './preferences.tsx'

export function Notifications() {
  const { t } = useTranslation()
  const may = useMay()
  const [search, change] = useSearchState()
  return (
    <Page
      title={t('notices.title')}
      about={t('notices.about')}
      actions={
        may('notification:view') ? (
          <>
            <Button variant="default" component={Link} to="/notifications/sent">
              {t('noticeDeliveries.title')}
            </Button>
            <Button variant="default" component={Link} to="/notifications/templates">
              {t('noticeTemplates.title')}
            </Button>
          </>
        ) : null
      }
    >
      <Tabs
        value={search.tab === 'preferences' ? 'preferences' : 'list'}
        onChange={(tab) => change({ tab: tab === 'list' ? undefined : (tab ?? undefined) })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="list">{t('notices.inbox')}</Tabs.Tab>
          <Tabs.Tab value="preferences">{t('preferences.title')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="list">
          <Inbox />
        </Tabs.Panel>
        <Tabs.Panel value="preferences">
          <Preferences />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

function Inbox() {
  const { t } = useTranslation()
  const [search, change] = useSearchState()
  const readAll = useReadAll()
  const unreadOnly = search.only === 'unread'
  const query = useQuery({
    queryKey: ['notifications', 'list', unreadOnly, search.cursor],
    queryFn: () => {
      const given = { unread_only: unreadOnly, limit: 30, ...(search.cursor ? { cursor: search.cursor } : {}) }
      return ask(api.GET('/api/v1/notifications', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
  })
  return (
    <Stack>
      <Group justify="space-between">
        <SegmentedControl
          aria-label={t('common.state')}
          value={unreadOnly ? 'unread' : 'all'}
          onChange={(value) => change({ only: value === 'unread' ? 'unread' : undefined, cursor: undefined })}
          data={[
            { value: 'all', label: t('notices.all') },
            { value: 'unread', label: t('notices.unread') },
          ]}
        />
        <Button
          variant="default"
          disabled={!query.data?.unread_count}
          loading={readAll.isPending}
          onClick={() => readAll.mutate()}
        >
          {t('notices.readAll')}
        </Button>
      </Group>
      <Answer query={query} rows={8}>
        {({ notifications, next_cursor }) => (
          <>
            {notifications.length > 0 ? (
              <Paper withBorder style={{ overflow: 'hidden' }} aria-live="polite">
                <NoticeLines lines={notifications} />
              </Paper>
            ) : (
              <Empty title={unreadOnly ? t('notices.noneUnread') : t('notices.none')}>
                {unreadOnly ? null : t('notices.noneMore')}
              </Empty>
            )}
            <NextPage next={next_cursor} name="cursor" />
          </>
        )}
      </Answer>
    </Stack>
  )
}
