import { Select, Stack, Text, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useAct } from '../parts/act.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { formText } from '../parts/given.ts'
import type { Workflow } from './definition.ts'
import { typedValue } from './variable-values.ts'
import { useWords } from './words.ts'

type Variable = { name: string; type: 'string' | 'number' | 'boolean' | 'any'; default?: unknown; description?: string }

export function RunByHand({ workflow, onClose }: { workflow: Workflow; onClose: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { entity_type: entityType, variables = [] } = workflow.definition as {
    entity_type?: 'invoice' | 'customer'
    variables?: Variable[]
  }
  const act = useAct({
    run: (body: { entity_type?: string; entity_id?: string; input_variables: Record<string, unknown> }) =>
      ask(
        api.POST('/api/v1/workflows/{workflow_id}/trigger', {
          params: { path: { workflow_id: workflow.id } },
          body,
        }),
      ),
    done: t('workflows.started'),
    refresh: [['executions']],
    onDone: ({ execution_id }) => void navigate({ to: `/executions/${execution_id}` }),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const given = variables.flatMap(({ name, type }) => {
      const text = formText(form, `variable ${name}`)
      return text === '' ? [] : [[name, typedValue(type, text)] as const]
    })
    const entity = formText(form, 'entity').trim()
    act.mutate({
      ...(entityType && entity ? { entity_type: entityType, entity_id: entity } : {}),
      input_variables: Object.fromEntries(given),
    })
  }
  return (
    <Dialog opened onClose={onClose} title={t('workflows.run')}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t('workflows.runText')}</Text>
          {entityType ? (
            <TextInput
              name="entity"
              label={t(`workflows.of_${entityType}`)}
              description={entityType === 'invoice' ? t('workflows.invoiceHint') : t('workflows.customerHint')}
              data-autofocus
            />
          ) : null}
          {variables.map((one) => (
            <VariableField key={one.name} variable={one} />
          ))}
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {t('workflows.start')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}

function VariableField({ variable }: { variable: Variable }) {
  const { t } = useTranslation()
  const { ownText } = useWords()
  const given = {
    name: `variable ${variable.name}`,
    label: variable.name,
    description: variable.description === undefined ? null : ownText(variable.description),
    required: variable.default === undefined,
    placeholder: variable.default === undefined ? '' : JSON.stringify(variable.default),
  }
  if (variable.type === 'boolean') {
    const data = [
      { value: 'true', label: t('common.yes') },
      { value: 'false', label: t('common.no') },
    ]
    return <Select {...given} data={data} clearable />
  }
  return <TextInput {...given} inputMode={variable.type === 'number' ? 'decimal' : 'text'} />
}
