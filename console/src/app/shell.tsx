import { ActionIcon, Anchor, AppShell, Avatar, Burger, Group, Menu, NavLink, ScrollArea, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconApi, IconLogout, IconUser } from '@tabler/icons-react'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { askConsole } from '../api/client.ts'
import { Bell } from '../notices/bell.tsx'
import { StepUp } from '../parts/step-up.tsx'
import { SignInAgain } from '../sign-in/sign-in-again.tsx'
import { Appearance } from './appearance.tsx'
import { useKeptInView } from './kept-in-view.ts'
import { useMe } from './me.ts'
import { usePlaces } from './places.tsx'
import { signedOut } from './session-channel.ts'
import { useSessionEnd } from './session-end.ts'

/** What stands around every screen. */
export function Shell() {
  const { t } = useTranslation()
  const [opened, { toggle, close }] = useDisclosure()
  const { pathname } = useLocation()
  const { isExpired, resume } = useSessionEnd()
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
            <Bell isListening={!isExpired} />
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
      {isExpired ? <SignInAgain onSignedIn={resume} /> : null}
    </AppShell>
  )
}

function UserMenu() {
  const { t } = useTranslation()
  const me = useMe()
  const signOut = async () => {
    try {
      await askConsole('DELETE', '')
    } finally {
      signedOut()
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
