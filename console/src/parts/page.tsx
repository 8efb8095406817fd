import { Anchor, Box, Breadcrumbs, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { AsideFailure, BackContext } from './states.tsx'

type Page = {
  title: string
  about?: ReactNode
  back?: { to: string; title: string }
  actions?: ReactNode
  children: ReactNode
}

/** A screen: where one is, what it is for, what can be done, and its content. */
export function Page({ title, about, back, actions, children }: Page) {
  useDocumentTitle(`${title} · Clientele`)
  return (
    <Stack gap="lg">
      <Box>
        {back ? (
          <Breadcrumbs mb={4}>
            <Anchor component={Link} to={back.to} size="sm">
              {back.title}
            </Anchor>
          </Breadcrumbs>
        ) : null}
        <Group justify="space-between" align="flex-start" gap="sm">
          <Box miw={0} flex="1 1 16rem">
            <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {about ? (
              <Text c="dimmed" size="sm" maw={720} component="div">
                {about}
              </Text>
            ) : null}
          </Box>
          {actions ? <Group gap="xs">{actions}</Group> : null}
        </Group>
      </Box>
      <AsideFailure />
      <BackContext value={back ?? null}>{children}</BackContext>
    </Stack>
  )
}

/** A part of a screen with a heading of its own. */
export function Section(given: { title: string; about?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <Paper withBorder p="md" component="section" aria-label={given.title}>
      <Group justify="space-between" align="flex-start" mb="sm" gap="sm">
        <Box miw={0} flex="1 1 16rem">
          <Title order={2} size="h4">
            {given.title}
          </Title>
          {given.about ? (
            <Text c="dimmed" size="sm" component="div">
              {given.about}
            </Text>
          ) : null}
        </Box>
        {given.actions ? <Group gap="xs">{given.actions}</Group> : null}
      </Group>
      {given.children}
    </Paper>
  )
}

/** Names and values of one thing. */
export function Facts({ facts }: { facts: readonly (readonly [label: string, value: ReactNode])[] }) {
  return (
    <Box component="dl" m={0} className="facts">
      {facts.map(([label, value]) => (
        <Box key={label} style={{ display: 'contents' }}>
          <Text component="dt" c="dimmed" size="sm">
            {label}
          </Text>
          <Text component="dd" m={0} size="sm" style={{ overflowWrap: 'anywhere' }}>
            {value ?? '—'}
          </Text>
        </Box>
      ))}
    </Box>
  )
}

/** Text of programs; it scrolls by itself, so the keyboard must reach it. */
export function Payload({ children }: { children: string }) {
  return (
    <Box component="pre" className="payload" tabIndex={0}>
      {children}
    </Box>
  )
}
