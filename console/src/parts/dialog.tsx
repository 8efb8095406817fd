import type { ModalProps } from '@mantine/core'
import { Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** A dialog whose closing cross says what it does. */
export function Dialog(props: ModalProps) {
  const { t } = useTranslation()
  return <Modal closeButtonProps={{ 'aria-label': t('action.close') }} {...props} />
}
