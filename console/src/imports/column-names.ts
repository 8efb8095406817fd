import { useTranslation } from 'react-i18next'
import type { enData } from '../texts/en-data.ts'

type Known = keyof typeof enData.column

/** A column of imports and exports in the user's language; one that we do not know as it is called. */
export function useColumnName(): (name: string) => string {
  const { t, i18n } = useTranslation()
  return (name) => (i18n.exists(`column.${name}`) ? t(`column.${name as Known}`) : name)
}
