import { Anchor, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Subject } from './person.ts'
import { screenOf, usePersonName } from './person.ts'

/** Who somebody is, in a list: the name and the way to it, as long as there is one. */
export function PersonLink({ subject }: { subject: Subject }) {
  const { t } = useTranslation()
  const name = usePersonName(subject)
  return (
    <Stack gap={0}>
      {name === '' ? (
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {subject.id}
        </Text>
      ) : (
        <Anchor component={Link} to={screenOf(subject)} size="sm">
          {name}
        </Anchor>
      )}
      <Text size="xs" c="dimmed">
        {t(`persons.${subject.type}`)}
      </Text>
    </Stack>
  )
}
