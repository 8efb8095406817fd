import { Button, Group, Select, Stack, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { OrderButtons } from '../parts/order.tsx'
import type { Action, ActionType } from './definition.ts'
import { actionTypes } from './definition.ts'
import { useWords } from './words.ts'

/** As little as each kind needs; the rest is written in the definition. */
const beginnings: Record<ActionType, Record<string, unknown>> = {
  notification: { template: 'approval_requested', recipients: ['role:approver'] },
  approval: { approvers: ['role:approver'], deadline: '3d' },
  condition: { expression: 'entity.total_amount > 1000', on_false: 'end' },
  delay: { for: '1d' },
  webhook: { event: 'something_happened' },
  update: { set: { status: 'approved' } },
  report: { template: 'weekly_summary', format: 'pdf' },
}

type Given = { actions: readonly Action[]; onChange: (actions: Action[]) => void }

/** Steps in their order: added, moved and taken away here, and at the same time in the text. */
export function StepForm({ actions, onChange }: Given) {
  const { t } = useTranslation()
  const { about, typeName } = useWords()
  const [type, setType] = useState<ActionType>('notification')
  const add = () => {
    let number = 1
    while (actions.some((one) => one.id === `${type}_${number}`)) number++
    onChange([...actions, { id: `${type}_${number}`, type, ...beginnings[type] }])
  }
  return (
    <Stack gap="xs">
      {actions.map((action, at) => (
        <Group key={action.id} justify="space-between" wrap="nowrap" gap="xs">
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={600}>
              {action.name ?? action.id}
              <Text span size="sm" fw={400} c="dimmed">
                {' · '}
                {typeName(action.type)}
              </Text>
            </Text>
            <Text size="xs" c="dimmed" truncate>
              {about(action)}
            </Text>
          </div>
          <OrderButtons name={action.name ?? action.id} items={actions} at={at} onChange={onChange} />
        </Group>
      ))}
      <Group align="flex-end">
        <Select
          label={t('workflows.addKind')}
          allowDeselect={false}
          data={actionTypes.map((one) => ({ value: one, label: typeName(one) }))}
          value={type}
          onChange={(value) => setType(actionTypes.find((one) => one === value) ?? 'notification')}
        />
        <Button variant="default" leftSection={<IconPlus size={18} />} onClick={add}>
          {t('workflows.addStep')}
        </Button>
      </Group>
    </Stack>
  )
}
