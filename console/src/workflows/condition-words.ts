import { useTranslation } from 'react-i18next'
import { useFormat } from '../parts/format.ts'
import { printed } from '../parts/given.ts'
import type { Condition, Field, Value } from './condition.ts'
import { readCondition } from './condition.ts'

type Known = {
  stepName: (id: string) => string
  /** What a value is unless it is given; undefined: nothing is known of it. */
  defaultOf: (variable: string) => unknown
}

/** A condition as a sentence, where it is of the simple form; else as it was written. */
export function useConditionWords(): (expression: string, known: Known) => string {
  const { t, i18n } = useTranslation()
  const { number } = useFormat()
  const literal = (value: unknown): string => {
    if (typeof value === 'number') return number(value, { maximumFractionDigits: 6 })
    if (value === true) return t('condition.yes')
    if (value === false) return t('condition.no')
    return value === null ? t('condition.nothing') : printed(value)
  }
  /** null: a field that has no name in words. */
  const fieldName = (field: Field, { defaultOf }: Known): string | null => {
    if (field.of === 'steps') return null
    if (field.of === 'variables') {
      const usual = defaultOf(field.name)
      if (usual === undefined) return t('condition.variable', { name: field.name })
      return t('condition.variableUsually', { name: field.name, value: literal(usual) })
    }
    const key = `condition.field.${field.name}`
    return i18n.exists(key) ? t(key as 'condition.field.total_amount') : null
  }
  /** Statuses have names of their own. */
  const valueName = (value: Value, field: Field, known: Known): string | null => {
    if (!('literal' in value)) return fieldName(value, known)
    if (field.of === 'entity' && field.name === 'status' && typeof value.literal === 'string') {
      const key = `invoiceStatus.${value.literal}`
      if (i18n.exists(key)) return t('condition.quoted', { text: t(key as 'invoiceStatus.draft') })
    }
    return typeof value.literal === 'string' ? t('condition.quoted', { text: value.literal }) : literal(value.literal)
  }
  const ofStep = ({ field, comparison, value }: Condition, { stepName }: Known): string | null => {
    if (field.of !== 'steps' || comparison !== 'is' || !('literal' in value)) return null
    if (typeof value.literal !== 'boolean') return null
    const yes = value.literal
    if (field.name === 'entity_changed') {
      return t(yes ? 'condition.changed' : 'condition.unchanged', { step: stepName(field.step) })
    }
    if (field.name === 'approved') {
      return t(yes ? 'condition.approved' : 'condition.notApproved', { step: stepName(field.step) })
    }
    return null
  }
  return (expression: string, known: Known): string => {
    const read = readCondition(expression)
    if (!read) return expression
    if (read.field.of === 'steps') return ofStep(read, known) ?? expression
    const field = fieldName(read.field, known)
    const value = valueName(read.value, read.field, known)
    if (field === null || value === null) return expression
    return t(`condition.${read.comparison}`, { field, value })
  }
}
