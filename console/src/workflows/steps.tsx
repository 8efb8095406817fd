import { Box, Group, Stack, Text } from '@mantine/core'
import { useUserNames } from '../people/user-source.ts'
import type { Definition } from './definition.ts'
import { exitsOf } from './definition.ts'
import { usersOf, useWords } from './words.ts'

/** The actions in words, with where each leads. */
export function Steps({ definition }: { definition: Definition }) {
  const { about, endName, exitName, stepName, stepNames, typeName } = useWords(
    useUserNames(usersOf(definition.actions)),
  )
  const nameOf = stepNames(definition)
  const leadsTo = (to: string) => (to === 'end' || to === 'fail' ? endName(to) : nameOf(to))
  return (
    <Stack gap="sm" component="ol" m={0} pl="lg">
      {definition.actions.map((action) => (
        <Box component="li" key={action.id}>
          <Text size="sm" fw={600}>
            {stepName(action)}
            <Text span size="sm" fw={400} c="dimmed">
              {' · '}
              {typeName(action.type)}
            </Text>
          </Text>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {about(action, definition)}
          </Text>
          <Group style={{ gap: '0 1rem' }}>
            {exitsOf(definition, action).map(({ exit, to }) => (
              <Text key={exit} size="xs" c="dimmed">
                {exitName(exit)} → {leadsTo(to)}
              </Text>
            ))}
          </Group>
        </Box>
      ))}
    </Stack>
  )
}
