import { ActionIcon, Center, Indicator, Loader, Popover } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconBell } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { loadTexts } from '../texts/texts.ts'
import { followNotifications } from './live.ts'

const unreadKey = ['notifications', 'unread']

const BellList = lazy(async () => {
  const [{ BellList: found }] = await Promise.all([import('./bell-list.tsx'), loadTexts(['notices'])])
  return { default: found }
})

/** How many are unread, live; the newest behind it. */
export function Bell({ isListening }: { isListening: boolean }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [opened, { toggle, close }] = useDisclosure(false)
  const query = useQuery({ queryKey: unreadKey, queryFn: () => ask(api.GET('/api/v1/notifications/unread-count')) })
  useEffect(() => {
    if (!isListening) return
    return followNotifications((told) => {
      if (told.event === 'unread') queries.setQueryData(unreadKey, told.data)
      else void queries.invalidateQueries({ queryKey: ['notifications'] })
    })
  }, [queries, isListening])
  const count = query.data?.unread_count ?? 0
  return (
    <Popover opened={opened} onChange={(open) => !open && close()} position="bottom-end" width={400} trapFocus>
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          onClick={toggle}
          data-unread={count}
          style={{ overflow: 'visible' }}
          aria-label={count > 0 ? t('nav.unread', { count }) : t('nav.allRead')}
        >
          <Indicator label={count > 99 ? '99+' : count} disabled={count === 0} size={17} color="red.8">
            <IconBell size={20} />
          </Indicator>
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={0} maw="calc(100vw - 1rem)" aria-label={t('nav.notificationCentre')}>
        <Suspense
          fallback={
            <Center h={200}>
              <Loader size="sm" />
            </Center>
          }
        >
          <BellList onClose={close} />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  )
}
