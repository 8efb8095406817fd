import { Anchor, Group, SimpleGrid, Stack, Text, ThemeIcon } from '@mantine/core'
import { IconBuildingStore, IconFileImport, IconUsers, IconWebhook } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../app/me.ts'
import { Section } from '../parts/page.tsx'

const steps = [
  { name: 'client', to: '/clients', Icon: IconBuildingStore, permission: 'client:create' },
  { name: 'import', to: '/imports/new', Icon: IconFileImport, permission: 'import:run' },
  { name: 'invite', to: '/users', Icon: IconUsers, permission: 'user:create' },
  { name: 'webhook', to: '/webhooks', Icon: IconWebhook, permission: 'webhook:manage' },
] as const

/** Where to begin, while there is nothing yet to look at. */
export function FirstSteps() {
  const { t } = useTranslation()
  const may = useMay()
  const mine = steps.filter((one) => may(one.permission))
  if (mine.length === 0) return null
  return (
    <Section title={t('home.firstSteps')} about={t('home.firstStepsText')}>
      <SimpleGrid cols={{ base: 1, xs: 2, xl: 4 }}>
        {mine.map(({ name, to, Icon }) => (
          <Group key={name} wrap="nowrap" align="flex-start">
            <ThemeIcon variant="light" size="lg" aria-hidden>
              <Icon size={20} />
            </ThemeIcon>
            <Stack gap={0} miw={0}>
              <Anchor component={Link} to={to} size="sm" fw={550}>
                {t(`home.step.${name}`)}
              </Anchor>
              <Text size="xs" c="dimmed">
                {t(`home.stepText.${name}`)}
              </Text>
            </Stack>
          </Group>
        ))}
      </SimpleGrid>
    </Section>
  )
}
