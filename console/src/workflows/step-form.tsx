import { Button, Collapse, Group, Paper, Select, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { OrderButtons } from '../parts/order.tsx'
import { useUserNames } from '../people/user-source.ts'
import type { Action, ActionType, Definition } from './definition.ts'
import { actionTypes } from './definition.ts'
import { StepFields } from './step-fields.tsx'
import { usersOf, useWords } from './words.ts'

/** As much as each kind needs to run in this workflow. */
function beginningOf(type: ActionType, { name, entityType }: Frame): Record<string, unknown> {
  switch (type) {
    case 'notification': {
      const summary = entityType === 'invoice' ? '=entity.number' : entityType === 'customer' ? '=entity.name' : name
      const variables = { workflow_name: name, entity_summary: summary }
      return { template: 'approval_requested', recipients: ['role:approver'], variables }
    }
    case 'approval':
      return { approvers: ['role:approver'], deadline: '3d' }
    case 'condition': {
      const known = entityType === 'invoice' ? 'entity.total_amount > 1000' : 'entity.is_active'
      return { expression: entityType === undefined ? 'true' : known, on_false: 'end' }
    }
    case 'delay':
      return { for: '1d' }
    case 'webhook':
      return { event: 'something_happened' }
    case 'update':
      return { set: entityType === 'customer' ? { is_active: false } : { status: 'approved' } }
    case 'report':
      return { template: 'weekly_summary', format: 'pdf' }
  }
}

/** What stands above the steps. */
export type Frame = { name: string; entityType: string | undefined }

type Given = {
  /** The whole, of which these are the steps. */
  definition: Definition
  actions: readonly Action[]
  frame: Frame
  /** What the server says against a place, such as actions.0.expression. */
  told: (place: string) => string | undefined
  onChange: (actions: Action[]) => void
}

/** Steps in their order: written, moved and taken away here, and at the same time in the text. */
export function StepForm({ definition, actions, frame, told, onChange }: Given) {
  const { t } = useTranslation()
  const { typeName } = useWords()
  const [type, setType] = useState<ActionType>('notification')
  const [open, setOpen] = useState<string | null>(null)
  const add = () => {
    let number = 1
    while (actions.some((one) => one.id === `${type}_${number}`)) number++
    const id = `${type}_${number}`
    onChange([...actions, { id, type, ...beginningOf(type, frame) }])
    setOpen(id)
  }
  return (
    <Stack gap="xs">
      {actions.map((action, at) => (
        <Step
          key={action.id}
          {...{ definition, actions, at, frame, onChange }}
          isOpen={open === action.id}
          onToggle={() => setOpen(open === action.id ? null : action.id)}
          told={(field) => told(field === '' ? `actions.${at}` : `actions.${at}.${field}`)}
        />
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

type OneGiven = Given & { at: number; isOpen: boolean; onToggle: () => void }

function Step({ definition, actions, at, frame, told, isOpen, onToggle, onChange }: OneGiven) {
  const action = actions[at] as Action
  const { about, stepName, typeName } = useWords(useUserNames(usersOf([action])))
  const name = stepName(action)
  const set = (next: Action) => onChange(actions.map((one, index) => (index === at ? next : one)))
  const whole = told('')
  return (
    <Paper withBorder p="xs" component="section" aria-label={name}>
      <Group justify="space-between" wrap="nowrap" gap="xs" align="flex-start">
        <UnstyledButton onClick={onToggle} aria-expanded={isOpen} style={{ minWidth: 0, flex: 1 }}>
          <Group gap={6} wrap="nowrap" align="flex-start">
            {isOpen ? (
              <IconChevronDown size={18} aria-hidden style={{ flexShrink: 0 }} />
            ) : (
              <IconChevronRight size={18} aria-hidden style={{ flexShrink: 0 }} />
            )}
            <div style={{ minWidth: 0 }}>
              <Text size="sm" fw={600}>
                {name}
                <Text span size="sm" fw={400} c="dimmed">
                  {' · '}
                  {typeName(action.type)}
                </Text>
              </Text>
              <Text size="xs" c="dimmed" truncate>
                {about(action, definition)}
              </Text>
            </div>
          </Group>
        </UnstyledButton>
        <OrderButtons name={name} items={actions} at={at} onChange={onChange} />
      </Group>
      {whole ? (
        <Text size="sm" c="var(--mantine-color-error)">
          {whole}
        </Text>
      ) : null}
      <Collapse expanded={isOpen}>
        {isOpen ? <StepFields {...{ actions, action, told }} entityType={frame.entityType} onChange={set} /> : null}
      </Collapse>
    </Paper>
  )
}
