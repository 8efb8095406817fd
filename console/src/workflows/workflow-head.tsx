import { MultiSelect, Select, SimpleGrid, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useWords } from './words.ts'

type Frame = Record<string, unknown>
type Given = { frame: Frame; told: (place: string) => string | undefined; onChange: (frame: Frame) => void }

const usualTriggers = [
  'manual',
  ...['invoice.created', 'invoice.updated', 'invoice.deleted'].map((one) => `event:${one}`),
  ...['customer.created', 'customer.updated', 'customer.deleted'].map((one) => `event:${one}`),
]

/** What the workflow is called, what starts it, and what it is about. */
export function WorkflowHead({ frame, told, onChange }: Given) {
  const { t } = useTranslation()
  const { triggerName } = useWords()
  const about = typeof frame.entity_type === 'string' ? frame.entity_type : null
  const triggers = Array.isArray(frame.triggers) ? frame.triggers.filter((one) => typeof one === 'string') : []
  // An event that does not concern what it is about would be refused.
  const fitting = usualTriggers.filter((one) => about === null || one === 'manual' || one.startsWith(`event:${about}.`))
  const offered = [...new Set([...fitting, ...triggers])]
  const setAbout = (entityType: string | null) => {
    const { entity_type: _old, ...rest } = frame
    onChange(entityType === null ? rest : { ...rest, entity_type: entityType })
  }
  const place = [0, 1, 2, 3, 4].map((at) => told(`triggers.${at}`)).find((one) => one !== undefined)
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
      <TextInput
        label={t('workflows.name')}
        required
        maxLength={100}
        value={typeof frame.name === 'string' ? frame.name : ''}
        onChange={(event) => onChange({ ...frame, name: event.currentTarget.value })}
        error={told('name')}
      />
      <Select
        label={t('workflows.entity')}
        placeholder={t('workflows.entityNone')}
        clearable
        data={(['invoice', 'customer'] as const).map((one) => ({ value: one, label: t(`workflows.of_${one}`) }))}
        value={about}
        onChange={setAbout}
        error={told('entity_type')}
      />
      <MultiSelect
        label={t('workflows.starts')}
        required
        data={offered.map((one) => ({ value: one, label: triggerName(one) }))}
        value={triggers}
        onChange={(wanted) => onChange({ ...frame, triggers: wanted })}
        error={told('triggers') ?? place}
        style={{ gridColumn: '1 / -1' }}
      />
    </SimpleGrid>
  )
}
