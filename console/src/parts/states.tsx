import { Alert, Anchor, Button, Center, Code, Group, Skeleton, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import { IconAlertTriangle, IconInbox, IconLock, IconSearchOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem } from '../api/problem.ts'
import { useProblemText } from './problem-text.ts'

/** What stands where something should be: an icon, what it means, and what can be done. */
type NoticeGiven = { icon: ReactNode; title: string; children?: ReactNode; action?: ReactNode; isPage?: boolean }

export function Notice(given: NoticeGiven) {
  return (
    <Center py="xl">
      <Stack align="center" gap="xs" maw={440}>
        <ThemeIcon size={56} radius="xl" variant="light" color="gray">
          {given.icon}
        </ThemeIcon>
        <Title order={given.isPage ? 1 : 2} size="h4" ta="center">
          {given.title}
        </Title>
        {given.children ? (
          <Text c="dimmed" ta="center" component="div">
            {given.children}
          </Text>
        ) : null}
        {given.action}
      </Stack>
    </Center>
  )
}

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Notice icon={<IconInbox size={28} />} title={title} action={action}>
      {children}
    </Notice>
  )
}

export function NoPermission() {
  const { t } = useTranslation()
  return (
    <Notice icon={<IconLock size={28} />} title={t('state.noPermission')}>
      {t('state.noPermissionMore')}
    </Notice>
  )
}

export function NotFound() {
  const { t } = useTranslation()
  return (
    <Notice icon={<IconSearchOff size={28} />} title={t('state.notFound')}>
      {t('state.notFoundMore')}
    </Notice>
  )
}

/** An address that leads nowhere. */
export function NoPage() {
  const { t } = useTranslation()
  return (
    <main>
      <Notice
        isPage
        icon={<IconSearchOff size={28} />}
        title={t('state.notFound')}
        action={<Anchor href="/console/">{t('home.title')}</Anchor>}
      >
        {t('state.notFoundMore')}
      </Notice>
    </main>
  )
}

export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const { t } = useTranslation()
  const tell = useProblemText()
  const problem = error instanceof Problem ? error : null
  if (problem?.status === 403 && problem.code !== 'mfa_setup_required') return <NoPermission />
  if (problem?.status === 404) return <NotFound />
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={t('state.failed')} role="alert" my="md">
      <Stack gap="xs">
        <Text size="sm">{tell(error)}</Text>
        {problem?.requestId ? (
          <Text size="xs">
            {t('state.requestId')} <Code>{problem.requestId}</Code>
          </Text>
        ) : null}
        {retry ? (
          <Group>
            <Button size="xs" variant="default" onClick={retry}>
              {t('action.retry')}
            </Button>
          </Group>
        ) : null}
      </Stack>
    </Alert>
  )
}

/** As high as what will stand there, so that nothing jumps. */
export function Loading({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation()
  return (
    <Stack gap="sm" aria-busy="true" role="status" aria-label={t('state.loading')}>
      {Array.from({ length: rows }, (_, row) => `row ${row}`).map((key) => (
        <Skeleton key={key} height={36} />
      ))}
    </Stack>
  )
}

type Asked<Data> = { data: Data | undefined; error: Error | null; isPending: boolean; refetch: () => unknown }

/** A query's answer, or what stands for it meanwhile. */
export function Answer<Data>(given: { query: Asked<Data>; rows?: number; children: (data: Data) => ReactNode }) {
  const { query, rows, children } = given
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />
  return <Loading rows={rows ?? 6} />
}
