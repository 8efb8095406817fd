import type { Action } from './definition.ts'

/** A step's fields; what is left empty is not written down. */
export type StepGiven = {
  actions: readonly Action[]
  action: Action
  entityType: string | undefined
  /** What is wrong with a field, in words; undefined: nothing. */
  told: (field: string) => string | undefined
  onChange: (action: Action) => void
}

export function useField({ action, told, onChange }: StepGiven) {
  const set = (changes: Record<string, unknown>) => {
    const next = Object.entries({ ...action, ...changes }).filter(([, value]) => value !== undefined && value !== '')
    onChange(Object.fromEntries(next) as Action)
  }
  const textOf = (field: string) => (typeof action[field] === 'string' ? action[field] : '')
  /** What a field of one line has. */
  const line = (field: string) => ({
    value: textOf(field),
    onChange: (event: { currentTarget: { value: string } }) => set({ [field]: event.currentTarget.value }),
    error: told(field),
  })
  return { set, textOf, line }
}

/** Names that are offered, and the one that is there, whether it is among them or not. */
export const withPresent = (names: readonly { value: string; label: string }[], present: string) =>
  present === '' || names.some((one) => one.value === present)
    ? [...names]
    : [...names, { value: present, label: present }]
