import { Alert, Box, Button, Center, Code, Group, Skeleton, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { IconAlertTriangle, IconArrowLeft, IconInbox, IconLock, IconRefresh, IconSearchOff } from '@tabler/icons-react'
import type { Query } from '@tanstack/react-query'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem } from '../api/problem.ts'
import { useProblemText } from './problem-text.ts'

/** The list that a screen belongs to. */
export const BackContext = createContext<{ to: string; title: string } | null>(null)

/** What stands where something should be: an icon, what it means, and what can be done. */
type NoticeGiven = { icon: ReactNode; title: string; children?: ReactNode; action?: ReactNode; isPage?: boolean }

export function Notice(given: NoticeGiven) {
  useDocumentTitle(given.isPage ? `${given.title} · Clientele` : document.title)
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

/** Of a list that was filtered: there may be others. */
export function NoneFits() {
  const { t } = useTranslation()
  return (
    <Notice icon={<IconSearchOff size={28} />} title={t('list.noneFits')}>
      {t('list.noneFitsMore')}
    </Notice>
  )
}

/** isPage: nothing above it says where one is. */
export function NoPermission({ isPage = false }: { isPage?: boolean }) {
  const { t } = useTranslation()
  return (
    <Notice
      isPage={isPage}
      icon={<IconLock size={28} />}
      title={t('state.noPermission')}
      action={isPage ? <WayBack /> : undefined}
    >
      {t('state.noPermissionMore')}
    </Notice>
  )
}

export function NotFound() {
  const { t } = useTranslation()
  return (
    <Notice icon={<IconSearchOff size={28} />} title={t('state.notFound')} action={<WayBack />}>
      {t('state.notFoundMore')}
    </Notice>
  )
}

/** Where one came from, or would have: the list above, else the first page. */
function WayBack() {
  const { t } = useTranslation()
  const back = useContext(BackContext) ?? { to: '/', title: t('home.title') }
  return (
    <Button component={Link} to={back.to} variant="default" leftSection={<IconArrowLeft size={16} />}>
      {back.title}
    </Button>
  )
}

/** An address that leads nowhere. */
export function NoPage() {
  const { t } = useTranslation()
  return (
    <main>
      <Notice isPage icon={<IconSearchOff size={28} />} title={t('state.notFound')} action={<WayBack />}>
        {t('state.notFoundMore')}
      </Notice>
    </main>
  )
}

type Failing = { error: unknown; retry?: () => void }

/** The sign-in lies over the page then, and says so. */
const isSignedOut = (error: unknown) => error instanceof Problem && error.status === 401

/** What was tried and did not work; beside a form, what was typed stays there. */
export function Failure({ error, retry }: Failing) {
  const { t } = useTranslation()
  if (isSignedOut(error)) return null
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={t('state.failed')} role="alert" my="md">
      <Stack gap="xs">
        <Told error={error} />
        {retry ? (
          <Group>
            <Button size="xs" variant="default" leftSection={<IconRefresh size={16} />} onClick={retry}>
              {t('action.retry')}
            </Button>
          </Group>
        ) : null}
      </Stack>
    </Alert>
  )
}

/** A whole screen that could not be shown. */
export function FailedPage({ error, retry }: Failing) {
  const { t } = useTranslation()
  return (
    <Notice
      isPage
      icon={<IconAlertTriangle size={28} />}
      title={t('state.failed')}
      action={
        <Button variant="default" leftSection={<IconRefresh size={16} />} onClick={retry}>
          {t('action.retry')}
        </Button>
      }
    >
      <Stack gap="xs" align="center" role="alert">
        <Told error={error} />
      </Stack>
    </Notice>
  )
}

function Told({ error }: { error: unknown }) {
  const { t } = useTranslation()
  const tell = useProblemText()
  const requestId = error instanceof Problem ? error.requestId : null
  return (
    <>
      <Text size="sm">{tell(error)}</Text>
      {requestId ? (
        <Text size="xs">
          {t('state.requestId')} <Code>{requestId}</Code>
        </Text>
      ) : null}
    </>
  )
}

const addressStatuses: readonly number[] = [400, 404, 410, 422]

/** Something could not be read: it is not for this user, not there (or no such address), or it did not work. */
function Unread({ error, retry }: Failing) {
  const status = error instanceof Problem ? error.status : 500
  if (status === 403 && (error as Problem).code !== 'mfa_setup_required') return <NoPermission />
  if (addressStatuses.includes(status)) return <NotFound />
  return <Failure error={error} {...(retry ? { retry } : {})} />
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

/** A screen whose code is still coming. */
export function LoadingPage() {
  return (
    <Stack gap="lg">
      <Skeleton height={34} width="min(16rem, 60%)" />
      <Loading />
    </Stack>
  )
}

/** Before it is known who is signed in. */
export function Starting() {
  return (
    <Box component="main" p="md" maw={960} mx="auto" mt={56}>
      <LoadingPage />
    </Box>
  )
}

type Asked<Data> = { data: Data | undefined; error: Error | null; isPending: boolean; refetch: () => unknown }

/** A query's answer, or what stands for it meanwhile. */
export function Answer<Data>(given: { query: Asked<Data>; rows?: number; children: (data: Data) => ReactNode }) {
  const { query, rows, children } = given
  if (query.data !== undefined) return children(query.data)
  if (query.error && !isSignedOut(query.error)) return <Unread error={query.error} retry={() => void query.refetch()} />
  return <Loading rows={rows ?? 6} />
}

/** The meta of queries without which a screen still stands (names, choices, figures): AsideFailure tells of them, once. */
export const aside = { aside: true } as const

const isUnread = (query: Query) =>
  query.meta?.aside === true &&
  query.state.data === undefined &&
  query.state.status === 'error' &&
  !(query.state.error instanceof Problem && [401, 403].includes(query.state.error.status))

export function AsideFailure() {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const subscribe = useCallback((changed: () => void) => queries.getQueryCache().subscribe(changed), [queries])
  const wanted = { type: 'active', predicate: isUnread } as const
  const isFailed = useSyncExternalStore(subscribe, () => queries.getQueryCache().findAll(wanted).length > 0)
  if (!isFailed) return null
  return (
    <Alert color="yellow" variant="light" icon={<IconAlertTriangle />} title={t('state.partly')} role="alert">
      <Button
        size="xs"
        variant="default"
        leftSection={<IconRefresh size={16} />}
        onClick={() => void queries.refetchQueries(wanted)}
      >
        {t('action.retry')}
      </Button>
    </Alert>
  )
}
