import { Box, Center, Group, Paper, Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { Appearance } from '../app/appearance.tsx'

/** A page for who is not signed in. */
export function Frame({ title, children }: { title: string; children: ReactNode }) {
  useDocumentTitle(`${title} · Clientele`)
  return (
    <Box mih="100dvh" p="md" bg="light-dark(var(--mantine-color-gray-0), var(--mantine-color-dark-8))">
      <Group justify="flex-end" component="header">
        <Appearance />
      </Group>
      <Center component="main" mt="8dvh">
        <Stack w="100%" maw={420}>
          <Group gap="sm" justify="center">
            <img src="/favicon.svg" alt="" width={36} height={36} />
            <Title order={2} size="h3" component="div">
              Clientele
            </Title>
          </Group>
          <Paper withBorder p="xl" shadow="sm">
            <Title order={1} size="h3" mb="md">
              {title}
            </Title>
            {children}
          </Paper>
        </Stack>
      </Center>
    </Box>
  )
}
