import { useTranslation } from 'react-i18next'
import type { Tone } from '../parts/controls.tsx'
import { State } from '../parts/controls.tsx'
import type { ExecutionLine } from './definition.ts'

export const executionStatuses = ['running', 'waiting', 'retrying', 'completed', 'failed', 'cancelled'] as const

const tones: Record<ExecutionLine['status'], Tone> = {
  running: 'info',
  waiting: 'waiting',
  retrying: 'waiting',
  completed: 'good',
  failed: 'bad',
  cancelled: 'plain',
}

export const isOpen = (status: ExecutionLine['status']) => ['running', 'waiting', 'retrying'].includes(status)

export function ExecutionState({ status }: { status: ExecutionLine['status'] }) {
  const { t } = useTranslation()
  return <State tone={tones[status]}>{t(`executions.${status}`)}</State>
}
