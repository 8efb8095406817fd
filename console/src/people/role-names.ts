import { useTranslation } from 'react-i18next'

export const builtInRoles = ['owner', 'admin', 'operator', 'approver', 'auditor', 'viewer'] as const

/** A built-in role's name in the user's language; own roles have the name that they were given. */
export function useRoleName() {
  const { t } = useTranslation()
  return (name: string) => {
    const known = builtInRoles.find((one) => one === name)
    return known ? t(`roles.called.${known}`) : name
  }
}
