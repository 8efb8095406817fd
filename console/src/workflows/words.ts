import { useTranslation } from 'react-i18next'
import { useFormat } from '../parts/format.ts'
import { printed } from '../parts/given.ts'
import { useRoleName } from '../people/role-names.ts'
import { builtInSteps, builtInTexts, readable } from './built-in.ts'
import { useConditionWords } from './condition-words.ts'
import type { Action, ActionType, Definition, Exit } from './definition.ts'
import { actionTypes, endedBy } from './definition.ts'

/** Users whom these actions name: neither roles nor whoever submitted it. */
export const usersOf = (actions: readonly Action[]): string[] =>
  actions
    .flatMap(({ approvers, recipients }) => [approvers, recipients])
    .flatMap((people) => (Array.isArray(people) ? people.filter((one) => typeof one === 'string') : []))
    .filter((one) => one.startsWith('user_'))

/** Names of what a definition is made of, in the user's language. @param userName of those whom it names */
export function useWords(userName: (id: string) => string = (id) => id) {
  const { t, i18n } = useTranslation()
  const { duration } = useFormat()
  const conditionText = useConditionWords()
  const roleName = useRoleName()
  /** role:<name>, submitter, or a user's id. */
  const personName = (one: string) => {
    if (one === 'submitter') return t('workflows.submitter')
    return one.startsWith('role:')
      ? t('workflows.everyone', { role: roleName(one.slice('role:'.length)) })
      : userName(one)
  }
  const people = (value: unknown) =>
    Array.isArray(value) ? value.map((one) => personName(printed(one))).join(', ') : printed(value)
  /** As it is called; what has no name is told by what it does, never by its identifier. */
  const stepName = ({ id, name }: { id: string; name?: string | null | undefined }): string => {
    if (name) return name
    const builtIn = builtInSteps.find((one) => one === id)
    if (builtIn) return t(`workflows.builtInStep.${builtIn}`)
    const [, type, number] = /^([a-z]+)_([0-9]+)$/.exec(id) ?? []
    const known = actionTypes.find((one) => one === type)
    return known ? `${t(`actionType.${known}`)} ${number}` : readable(id)
  }
  /** Of an execution whose definition may not be known yet. */
  const stepNames = (definition: Definition | null) => (id: string) =>
    stepName(definition?.actions.find((one) => one.id === id) ?? { id })
  const condition = (expression: string, definition: Definition | null) =>
    conditionText(expression, {
      stepName: stepNames(definition),
      defaultOf: (variable) => definition?.defaults[variable],
    })
  /** What an update sets: the invoice's state in words. */
  const assignment = (name: string, value: unknown): string => {
    const key = `invoiceStatus.${printed(value)}`
    return name === 'status' && i18n.exists(key)
      ? `${t('condition.field.status')} → ${t(key as 'invoiceStatus.draft')}`
      : `${name} = ${printed(value)}`
  }
  return {
    personName,
    people,
    stepName,
    stepNames,
    condition,
    /** What was written with a workflow; what is built in is told in the user's language. */
    ownText: (text: string) => {
      const known = builtInTexts.find((one) => one.text === text)
      return known ? t(`workflows.${known.word}`) : text
    },
    typeName: (type: ActionType) => t(`actionType.${type}`),
    exitName: (exit: Exit) => t(`exit.${exit}`),
    /** Why an execution failed. @param stepName the name of a step by its id */
    failureText: (error: string, nameOf: (id: string) => string = (id) => stepName({ id })): string => {
      const ended = endedBy(error)
      return ended ? t('executions.endedBy', { step: nameOf(ended.step), exit: t(`exit.${ended.exit}`) }) : error
    },
    endName: (id: string) => (id === 'fail' ? t('workflows.endFailed') : t('workflows.end')),
    /** What starts it. */
    triggerName: (trigger: string): string => {
      const [kind, rest] = [trigger.split(':')[0], trigger.slice(trigger.indexOf(':') + 1)]
      const event = rest.replaceAll('.', '_') as 'invoice_created'
      if (kind === 'event' && i18n.exists(`event.${event}`)) return t(`event.${event}`)
      if (kind === 'event') return t('workflows.onEvent', { event: rest })
      if (kind === 'schedule') return t('workflows.onSchedule', { schedule: rest })
      return t('workflows.byHand')
    },
    /** What an action is about, in a line. */
    about: (action: Action, definition: Definition | null): string => {
      switch (action.type) {
        case 'notification':
          return t('workflows.tells', { template: printed(action.template), who: people(action.recipients) })
        case 'approval':
          return t('workflows.asks', {
            who: people(action.approvers),
            deadline: duration(action.deadline === undefined ? '48h' : printed(action.deadline)),
          })
        case 'condition':
          return condition(printed(action.expression), definition)
        case 'delay':
          return action.for === undefined ? printed(action.until) : duration(printed(action.for))
        case 'webhook':
          return printed(action.url ?? `workflow.${printed(action.event)}`)
        case 'report':
          return printed(action.template)
        case 'update':
          return Object.entries((action.set ?? {}) as Record<string, unknown>)
            .map(([name, value]) => assignment(name, value))
            .join(', ')
      }
    },
  }
}
