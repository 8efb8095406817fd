import { Button, Group } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

type Given = { onCancel: () => void; isPending?: boolean; isDisabled?: boolean; children: ReactNode }

/** How every form in a dialog ends: the way out, and what it does. */
export function FormEnd({ onCancel, isPending, isDisabled, children }: Given) {
  const { t } = useTranslation()
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onCancel}>
        {t('action.cancel')}
      </Button>
      <Button type="submit" loading={isPending ?? false} disabled={isDisabled ?? false}>
        {children}
      </Button>
    </Group>
  )
}
