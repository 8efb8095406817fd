import { ActionIcon, Box, Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { typedValue, variableTypes } from './variable-values.ts'

type Variable = Record<string, unknown>
type Given = {
  variables: readonly Variable[]
  told: (place: string) => string | undefined
  onChange: (variables: readonly Variable[]) => void
}

const textOf = (value: unknown) => {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Values that each run has, by the names that conditions call them by, such as the amount above which somebody is asked. */
export function WorkflowVariables({ variables, told, onChange }: Given) {
  const { t } = useTranslation()
  const names = variables.map((one) => textOf(one.name))
  const next = () => {
    for (let at = variables.length + 1; ; at++) if (!names.includes(`value_${at}`)) return `value_${at}`
  }
  const change = (at: number, to: Variable) => onChange(variables.map((one, i) => (i === at ? to : one)))
  return (
    <Box component="section" aria-label={t('workflows.variables')}>
      <Text size="sm" fw={600}>
        {t('workflows.variables')}
      </Text>
      <Text size="xs" c="dimmed" mb="xs">
        {t('workflows.variablesAbout')}
      </Text>
      <Stack gap="xs">
        {variables.map((one, at) => (
          <VariableRow
            // Rows have no identity of their own: the name changes while it is typed.
            // biome-ignore lint/suspicious/noArrayIndexKey: the place is the identity
            key={at}
            variable={one}
            told={(field) => told(`variables.${at}.${field}`)}
            onChange={(to) => change(at, to)}
            onRemove={() => onChange(variables.filter((_, i) => i !== at))}
          />
        ))}
        <Group>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={16} />}
            onClick={() => onChange([...variables, { name: next(), type: 'number', default: 0 }])}
          >
            {t('workflows.addVariable')}
          </Button>
        </Group>
      </Stack>
    </Box>
  )
}

function VariableRow(given: {
  variable: Variable
  told: (field: string) => string | undefined
  onChange: (to: Variable) => void
  onRemove: () => void
}) {
  const { variable, told, onChange, onRemove } = given
  const { t } = useTranslation()
  const type = variableTypes.find((one) => one === variable.type) ?? 'any'
  const setDefault = (text: string, as = type) => {
    const { default: _old, ...rest } = variable
    onChange({ ...rest, type: as, ...(text.trim() === '' ? {} : { default: typedValue(as, text) }) })
  }
  return (
    <Group wrap="nowrap" align="flex-start" gap="xs">
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="xs" flex={1}>
        <TextInput
          label={t('workflows.variableName')}
          value={textOf(variable.name)}
          onChange={(event) => onChange({ ...variable, name: event.currentTarget.value })}
          error={told('name')}
          maxLength={64}
        />
        <Select
          label={t('workflows.variableType')}
          data={variableTypes.map((one) => ({ value: one, label: t(`workflows.variableTypes.${one}`) }))}
          value={type}
          allowDeselect={false}
          onChange={(wanted) => setDefault(textOf(variable.default), wanted ?? type)}
        />
        <TextInput
          label={t('workflows.variableDefault')}
          // While it is typed a number need not be one yet.
          key={textOf(variable.default)}
          defaultValue={textOf(variable.default)}
          onBlur={(event) => {
            if (event.currentTarget.value !== textOf(variable.default)) setDefault(event.currentTarget.value)
          }}
          inputMode={type === 'number' ? 'decimal' : 'text'}
          error={told('default')}
        />
      </SimpleGrid>
      <ActionIcon
        mt={26}
        variant="subtle"
        color="red"
        onClick={onRemove}
        aria-label={t('workflows.removeVariable', { name: textOf(variable.name) })}
      >
        <IconTrash size={18} />
      </ActionIcon>
    </Group>
  )
}
