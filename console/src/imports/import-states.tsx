import { useTranslation } from 'react-i18next'
import type { Paths } from '../api/schema.ts'
import type { Tone } from '../parts/controls.tsx'
import { State } from '../parts/controls.tsx'

export type Import =
  Paths['/api/v1/import/{import_id}/progress']['get']['responses'][200]['content']['application/json']
type Entity = 'clients' | 'customers' | 'invoices' | 'accounting_entries' | 'profiles'

const entities: readonly Entity[] = ['customers', 'invoices', 'accounting_entries', 'clients', 'profiles']

/** What rows of an import or an export are. */
export function useEntities(): { all: readonly Entity[]; nameOf: (entity: string) => string } {
  const { t } = useTranslation()
  const nameOf = (entity: string) => {
    if (entity === 'fec') return t('entity.fec')
    const known = entities.find((one) => one === entity)
    return known ? t(`entity.${known}`) : entity
  }
  return { all: entities, nameOf }
}

const tones: Record<Import['status'], Tone> = {
  processing: 'waiting',
  completed: 'good',
  failed: 'bad',
  cancelled: 'plain',
}

export function ImportState({ one }: { one: Import }) {
  const { t } = useTranslation()
  if (one.status === 'processing' && one.cancel_requested)
    return <State tone="waiting">{t('imports.cancelling')}</State>
  if (one.status === 'processing' && one.queued) return <State tone="waiting">{t('imports.queued')}</State>
  if (one.status === 'completed' && one.rows_refused > 0) {
    return <State tone="waiting">{t('imports.withRefusals')}</State>
  }
  return <State tone={tones[one.status]}>{t(`imports.${one.status}`)}</State>
}
