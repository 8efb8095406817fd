import { Anchor, Box, Code, Group, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Tone } from '../parts/controls.tsx'
import { State } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { useDid } from './did.ts'

export type Event = {
  id: string
  timestamp: string
  category: string
  action: string
  description: string
  actor: { [name: string]: unknown }
  context: { [name: string]: unknown }
  target: { entity_type: string | null; entity_id: string | null } | null
  severity: string
}

const tones: Record<string, Tone> = { info: 'plain', warning: 'waiting', critical: 'bad' }

export const categories = [
  'authentication',
  'authorization',
  'data_access',
  'data_modification',
  'configuration',
  'security',
  'compliance',
] as const
export const severities = ['info', 'warning', 'critical'] as const

export function Severity({ severity }: { severity: string }) {
  const { t } = useTranslation()
  const known = severities.find((one) => one === severity)
  return <State tone={tones[severity] ?? 'plain'}>{known ? t(`severity.${known}`) : severity}</State>
}

export function useCategory() {
  const { t } = useTranslation()
  return (category: string) => {
    const known = categories.find((one) => one === category)
    return known ? t(`category.${known}`) : category
  }
}

/** A few events, one line each. */
export function EventLines({ events }: { events: readonly Event[] }) {
  const { ago, exact } = useFormat()
  const did = useDid()
  return (
    <Stack gap={0} component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
      {events.map((event) => (
        <Box
          component="li"
          key={event.id}
          py={8}
          style={{ borderTop: '1px solid var(--mantine-color-default-border)' }}
        >
          <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
            <Box miw={0}>
              <Anchor component={Link} to={`/audit/${event.id}`} size="sm">
                {did(event)}
              </Anchor>
              <Group gap={6}>
                <Code fz="xs">{event.action}</Code>
                {event.severity === 'info' ? null : <Severity severity={event.severity} />}
              </Group>
            </Box>
            <Text size="sm" c="dimmed" title={exact(event.timestamp)} style={{ whiteSpace: 'nowrap' }}>
              {ago(event.timestamp)}
            </Text>
          </Group>
        </Box>
      ))}
    </Stack>
  )
}
