/** What an event says, in the user's language. */
import { useTranslation } from 'react-i18next'

type Event = { action: string; description: string; context: { [name: string]: unknown } }

/** What a program recorded says it in its own words; so does an action that has no text here. */
export function useDid() {
  const { t, i18n } = useTranslation()
  return ({ action, description, context }: Event): string => {
    const key: string = `did.${action.replace(/[.:-]/g, '_')}`
    return context.recorded === true || !i18n.exists(key) ? description : t(key as 'did.client_create')
  }
}
