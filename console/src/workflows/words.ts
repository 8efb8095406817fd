import { useTranslation } from 'react-i18next'
import { printed } from '../parts/given.ts'
import type { Action, ActionType, Exit } from './definition.ts'

/** Names of what a definition is made of, in the user's language. */
export function useWords() {
  const { t } = useTranslation()
  const list = (value: unknown) => (Array.isArray(value) ? value.map(printed).join(', ') : printed(value))
  return {
    typeName: (type: ActionType) => t(`actionType.${type}`),
    exitName: (exit: Exit) => t(`exit.${exit}`),
    endName: (id: string) => (id === 'fail' ? t('workflows.endFailed') : t('workflows.end')),
    /** What starts it. */
    triggerName: (trigger: string): string => {
      const [kind, rest] = [trigger.split(':')[0], trigger.slice(trigger.indexOf(':') + 1)]
      if (kind === 'event') return t('workflows.onEvent', { event: rest })
      if (kind === 'schedule') return t('workflows.onSchedule', { schedule: rest })
      return t('workflows.byHand')
    },
    /** What an action is about, in a line. */
    about: (action: Action): string => {
      switch (action.type) {
        case 'notification':
          return t('workflows.tells', { template: printed(action.template), who: list(action.recipients) })
        case 'approval':
          return t('workflows.asks', {
            who: list(action.approvers),
            deadline: action.deadline === undefined ? '48h' : printed(action.deadline),
          })
        case 'condition':
          return printed(action.expression)
        case 'delay':
          return printed(action.for ?? action.until)
        case 'webhook':
          return printed(action.url ?? `workflow.${printed(action.event)}`)
        case 'report':
          return printed(action.template)
        case 'update':
          return Object.entries((action.set ?? {}) as Record<string, unknown>)
            .map(([name, value]) => `${name} = ${printed(value)}`)
            .join(', ')
      }
    },
  }
}
