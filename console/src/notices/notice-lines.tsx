import { ActionIcon, Anchor, Box, Group, Stack, Text, Tooltip } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import type { enNotices } from '../texts/en-notices.ts'
import { tellOthers } from './live.ts'

export type NoticeLine =
  Paths['/api/v1/notifications']['get']['responses'][200]['content']['application/json']['notifications'][number]
type Category = keyof typeof enNotices.noticeCategory

/** Categories are the tenant's own words; those of the platform have a name in each language. */
export function useCategoryName(): (category: string) => string {
  const { t, i18n } = useTranslation()
  return (category) =>
    i18n.exists(`noticeCategory.${category}`) ? t(`noticeCategory.${category as Category}`) : category
}

const refresh = [['notifications']]

/** Only what a browser may open: a template's address is somebody's text. */
const isAddress = (url: string) => /^https?:\/\//.test(url) || url.startsWith('/')

export function NoticeLines({ lines, onFollow }: { lines: readonly NoticeLine[]; onFollow?: () => void }) {
  const { t } = useTranslation()
  const { ago, exact } = useFormat()
  const categoryName = useCategoryName()
  const read = useAct({
    run: (notification_id: string) =>
      ask(api.PATCH('/api/v1/notifications/{notification_id}/read', { params: { path: { notification_id } } })),
    refresh,
    onDone: () => tellOthers({ event: 'changed' }),
  })
  return (
    <Stack gap={0} component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
      {lines.map((one) => (
        <Group key={one.id} component="li" wrap="nowrap" align="flex-start" className="notice" data-read={one.read}>
          <Box flex={1} miw={0}>
            <Text size="sm" fw={one.read ? 400 : 650} style={{ overflowWrap: 'anywhere' }}>
              {one.title}
            </Text>
            <Text size="sm" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-line' }}>
              {one.body}
            </Text>
            <Group gap="xs">
              <Text size="xs" c="dimmed" title={exact(one.created_at)}>
                {categoryName(one.category)} · {ago(one.created_at)}
              </Text>
              {one.action_url && isAddress(one.action_url) ? (
                <Anchor
                  href={one.action_url}
                  size="xs"
                  rel="noopener noreferrer"
                  target={one.action_url.startsWith(location.origin) ? undefined : '_blank'}
                  aria-label={t('notices.openOf', { title: one.title })}
                  onClick={() => {
                    if (!one.read) read.mutate(one.id)
                    onFollow?.()
                  }}
                >
                  {t('notices.open')}
                </Anchor>
              ) : null}
            </Group>
          </Box>
          {one.read ? null : (
            <Tooltip label={t('notices.read')}>
              <ActionIcon
                variant="subtle"
                onClick={() => read.mutate(one.id)}
                aria-label={t('notices.readOf', { title: one.title })}
              >
                <IconCheck size={18} />
              </ActionIcon>
            </Tooltip>
          )}
        </Group>
      ))}
    </Stack>
  )
}

export function useReadAll() {
  const { t } = useTranslation()
  return useAct({
    run: () => ask(api.POST('/api/v1/notifications/read-all')),
    done: t('notices.readAllDone'),
    refresh,
    onDone: () => tellOthers({ event: 'changed' }),
  })
}
