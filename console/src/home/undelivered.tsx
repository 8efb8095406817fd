import { Alert, Anchor, Group } from '@mantine/core'
import { IconMailOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'

/** Shown only while there is something to mend; each count leads to its messages, which say what the mail server answered. */
export function Undelivered({ failed, retrying }: { failed: number; retrying: number }) {
  const { t } = useTranslation()
  if (failed === 0 && retrying === 0) return null
  return (
    <Alert variant="light" color="yellow" icon={<IconMailOff />} title={t('home.undelivered')}>
      <Group gap="md">
        {failed > 0 ? (
          <Anchor component={Link} to="/notifications/sent?status=failed" size="sm" c="inherit" underline="always">
            {t('home.undeliveredFailed', { count: failed })}
          </Anchor>
        ) : null}
        {retrying > 0 ? (
          <Anchor component={Link} to="/notifications/sent?status=retrying" size="sm" c="inherit" underline="always">
            {t('home.undeliveredRetrying', { count: retrying })}
          </Anchor>
        ) : null}
      </Group>
    </Alert>
  )
}
