import {
  ActionIcon,
  Anchor,
  AppShell,
  Avatar,
  Burger,
  Group,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  UnstyledButton,
  useMantineColorScheme,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconApi, IconLanguage, IconLogout, IconMoon, IconSun, IconUser } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { askConsole } from '../api/client.ts'
import { Bell } from '../notices/bell.tsx'
import { StepUp } from '../parts/step-up.tsx'
import { chooseLanguage } from '../texts/texts.ts'
import { useKeptInView } from './kept-in-view.ts'
import { meQuery, useMe } from './me.ts'
import { usePlaces } from './places.tsx'
import { onSession, sessionEnded } from './session-channel.ts'

/** What stands around every screen. */
export function Shell() {
  const { t } = useTranslation()
  const [opened, { toggle, close }] = useDisclosure()
  const { pathname } = useLocation()
  useSessionEnd()
  const groups = usePlaces()
  const all = groups.flatMap((group) => group.places.map((one) => one.to))
  // The longest that fits: /audit/integrity is not also /audit.
  const fits = (to: string) => (to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`))
  const current = all.filter(fits).sort((a, b) => b.length - a.length)[0]
  const menu = useKeptInView('[data-active]', `${current} ${opened}`)
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 240, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding="md"
    >
      <AppShell.Header>
        <a className="skip" href="#content">
          {t('nav.skip')}
        </a>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t('nav.menu')}
              aria-expanded={opened}
            />
            <Anchor component={Link} to="/" underline="never" c="inherit" fw={700} size="lg">
              <Group gap={8} wrap="nowrap">
                <img src="/favicon.svg" alt="" width={26} height={26} />
                Clientele
              </Group>
            </Anchor>
          </Group>
          <Group gap={4} wrap="nowrap">
            <Bell />
            <Appearance />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label={t('nav.label')}>
        <AppShell.Section grow component={ScrollArea} viewportRef={menu} type="auto" scrollbarSize={6} p="xs">
          {groups.map((group) => (
            <div key={group.title ?? 'top'}>
              {group.title ? (
                <Text size="xs" fw={600} c="dimmed" px="sm" pt="xs" pb={2}>
                  {group.title}
                </Text>
              ) : null}
              {group.places.map((place) => (
                <NavLink
                  key={place.to}
                  component={Link}
                  to={place.to}
                  label={place.title}
                  leftSection={place.icon}
                  active={current === place.to}
                  activeOptions={{ exact: true }}
                  onClick={close}
                  py={6}
                  style={{ borderRadius: 'var(--mantine-radius-md)' }}
                />
              ))}
            </div>
          ))}
        </AppShell.Section>
        <AppShell.Section p="xs">
          <NavLink
            component="a"
            href="/docs/"
            target="_blank"
            rel="noopener"
            label={t('nav.api')}
            leftSection={<IconApi size={20} stroke={1.6} />}
          />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
      <StepUp />
    </AppShell>
  )
}

/** Language and colours; also on the pages before the sign-in. */
export function Appearance() {
  const { t, i18n } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const isDark =
    colorScheme === 'dark' || (colorScheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
  const other = i18n.language === 'fr' ? ('en' as const) : ('fr' as const)
  const otherName = other === 'fr' ? 'Français' : 'English'
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={isDark ? t('nav.light') : t('nav.dark')}
        onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
      >
        {isDark ? <IconSun size={20} /> : <IconMoon size={20} />}
      </ActionIcon>
      <UnstyledButton onClick={() => void chooseLanguage(other)} lang={other} px={6} py={4} aria-label={otherName}>
        <Group gap={4} wrap="nowrap">
          <IconLanguage size={20} aria-hidden />
          <Text size="sm" span visibleFrom="xs">
            {otherName}
          </Text>
        </Group>
      </UnstyledButton>
    </>
  )
}

function UserMenu() {
  const { t } = useTranslation()
  const me = useMe()
  const signOut = async () => {
    try {
      await askConsole('DELETE', '')
    } finally {
      sessionEnded()
    }
  }
  if (!me) return null
  const name = me.user.display_name || me.user.email
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <ActionIcon variant="subtle" size="lg" radius="xl" aria-label={t('nav.userMenu', { name })}>
          <Avatar color="indigo" variant="light" size={32} radius="xl" aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} truncate>
            {name}
          </Text>
          <Text size="xs" truncate>
            {me.user.email} · {me.tenant.name}
          </Text>
        </Menu.Label>
        <Menu.Item component={Link} to="/account" leftSection={<IconUser size={18} />}>
          {t('account.title')}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={18} />} onClick={() => void signOut()}>
          {t('nav.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** When the session has ended here or in another tab, nothing of it stays on the screen. */
function useSessionEnd(): void {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { href, pathname } = useLocation()
  useEffect(
    () =>
      onSession((message) => {
        if (message !== 'ended') return
        queries.clear()
        queries.setQueryData(meQuery.queryKey, null)
        void navigate({ to: '/sign-in', search: pathname === '/' ? {} : { next: href } })
      }),
    [queries, navigate, href, pathname],
  )
}
