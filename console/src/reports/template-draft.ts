/** A template while it is written: by the form or as JSON, with what is wrong in it. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Problem } from '../api/problem.ts'
import type { Paths } from '../api/schema.ts'
import { useFaultText } from '../parts/problem-text.ts'
import { useTemplates } from './report-choice.tsx'
import type { Block, Draft } from './template-rules.ts'
import { faultsIn, said, wordsOf } from './template-rules.ts'

export type Whole =
  Paths['/api/v1/reports/templates/{template_id}']['get']['responses'][200]['content']['application/json']
type Body = Paths['/api/v1/reports/templates/{template_id}']['put']['requestBody']['content']['application/json']

export const printJson = (value: unknown) => JSON.stringify(value, null, 2)
const idPattern = /^[a-z][a-z0-9_]{1,63}$/

/** Parts as they were typed; null: they are no list of objects in JSON. */
export function readBlocks(text: string): Block[] | null {
  try {
    const value: unknown = JSON.parse(text)
    const isBlock = (one: unknown) => typeof one === 'object' && one !== null && !Array.isArray(one)
    return Array.isArray(value) && value.every(isBlock) ? (value as Block[]) : null
  } catch {
    return null
  }
}

/** What the server is sent. */
export function bodyOf(template: Whole, draft: Draft): Body {
  const description = said(draft.description)
  return {
    builder: template.builder as Body['builder'],
    name: said(draft.name) ?? {},
    ...(description ? { description } : {}),
    parameters: draft.parameters,
    blocks: draft.blocks as Body['blocks'],
  }
}

/** What is wrong, by its place: our own words first, then what only the server knows. */
export function useTold(draft: Draft, template: Whole, refused: Problem | null) {
  const { t } = useTranslation()
  const tellFault = useFaultText()
  const told = new Map<string, string>()
  for (const fault of refused?.faults ?? []) told.set(fault.field.replace(/^template\./, ''), tellFault(fault))
  const faults = faultsIn(draft, template.datasets)
  for (const { place, word } of faults) told.set(place, t(`reportTemplates.fault.${word}`))
  return { told, isSound: faults.length === 0 }
}

/** Made of the name until somebody types another one; one that is there would be replaced. */
export function useOwnId(typed: string | null, { name }: Draft) {
  const { t } = useTranslation()
  const taken = useTemplates().data?.templates.map((one) => one.id) ?? []
  const plain = (name.en || name.fr || '').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  const made = plain
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '')
    .slice(0, 60)
  const ownId = typed ?? made
  if (ownId === '') return { ownId, idFault: null }
  if (!idPattern.test(ownId)) return { ownId, idFault: t('reportTemplates.idHint') }
  return { ownId, idFault: taken.includes(ownId) ? t('reportTemplates.idTaken') : null }
}

function firstDraft(template: Whole, id: string | null): Draft {
  const rest = { parameters: (template.defaults ?? {}) as Record<string, unknown>, blocks: template.blocks as Block[] }
  if (id === null) return { name: {}, description: {}, ...rest }
  return { name: wordsOf(template.name), description: wordsOf(template.description), ...rest }
}

/** What is written, by the form or as JSON. */
export function useDraft(template: Whole, id: string | null) {
  const [draft, setDraft] = useState(() => firstDraft(template, id))
  // What is typed as JSON stands as it was typed; null: the form was the last to change it.
  const [text, setText] = useState<string | null>(null)
  const [isTouched, setTouched] = useState(false)
  const [refused, setRefused] = useState<Problem | null>(null)
  const set = (next: Draft, typed: string | null = null) => {
    setDraft(next)
    setTouched(true)
    setText(typed)
    setRefused(null)
  }
  const blocks = text === null ? draft.blocks : readBlocks(text)
  return { draft, text, blocks, isTouched, refused, setRefused, set }
}
