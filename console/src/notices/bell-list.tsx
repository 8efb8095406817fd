import { Anchor, Button, Group, ScrollArea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Answer, Empty } from '../parts/states.tsx'
import { NoticeLines, useReadAll } from './notice-lines.tsx'

/** The newest, as the bell shows them. */
export function BellList({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const readAll = useReadAll()
  const query = useQuery({
    queryKey: ['notifications', 'newest'],
    queryFn: () => ask(api.GET('/api/v1/notifications', { params: { query: { limit: 10 } } })),
  })
  return (
    <>
      <ScrollArea.Autosize mah="min(28rem, 70vh)" viewportProps={{ tabIndex: 0 }}>
        <Answer query={query} rows={4}>
          {({ notifications }) =>
            notifications.length > 0 ? (
              <NoticeLines lines={notifications} onFollow={onClose} />
            ) : (
              <Empty title={t('notices.none')}>{t('notices.noneMore')}</Empty>
            )
          }
        </Answer>
      </ScrollArea.Autosize>
      <Group justify="space-between" p="xs" gap="xs">
        <Anchor component={Link} to="/notifications" size="sm" onClick={onClose} data-autofocus>
          {t('notices.seeAll')}
        </Anchor>
        <Button
          size="compact-sm"
          variant="subtle"
          disabled={!query.data?.unread_count}
          onClick={() => readAll.mutate()}
        >
          {t('notices.readAll')}
        </Button>
      </Group>
    </>
  )
}
