import { ActionIcon, Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Section } from '../parts/page.tsx'
import type { Content } from './template-form.tsx'

type Variable = Content['variables'][number]
type Given = { variables: Variable[]; readOnly: boolean; onChange: (variables: Variable[]) => void }

/** Examples that are no text stay what they are until somebody types another one. */
const shown = (example: unknown) =>
  typeof example === 'string' ? example : example === undefined ? '' : JSON.stringify(example)

export function TemplateVariables({ variables, readOnly, onChange }: Given) {
  const { t } = useTranslation()
  // Names change while they are typed: what stays is the place.
  const places = variables.map((_, at) => `variable ${at}`)
  const set = (at: number, change: Partial<Variable>) =>
    onChange(variables.map((one, place) => (place === at ? { ...one, ...change } : one)))
  return (
    <Section title={t('noticeTemplates.variables')} about={t('noticeTemplates.variablesAbout')}>
      <Stack gap="xs">
        {variables.length === 0 ? <Text size="sm">—</Text> : null}
        {variables.map((one, at) => (
          <Group key={places[at]} gap="xs" align="flex-end">
            <TextInput
              label={t('noticeTemplates.variable')}
              required
              pattern="[a-z][a-z0-9_]{0,63}"
              flex="1 1 9rem"
              readOnly={readOnly}
              value={one.name}
              onChange={(event) => set(at, { name: event.currentTarget.value })}
            />
            <TextInput
              label={t('noticeTemplates.example')}
              flex="1 1 9rem"
              readOnly={readOnly}
              value={shown(one.example)}
              onChange={(event) => set(at, { example: event.currentTarget.value })}
            />
            <Checkbox
              label={t('noticeTemplates.required')}
              pb={8}
              disabled={readOnly}
              checked={one.required ?? true}
              onChange={(event) => set(at, { required: event.currentTarget.checked })}
            />
            {readOnly ? null : (
              <ActionIcon
                variant="subtle"
                color="red"
                size="lg"
                aria-label={t('noticeTemplates.removeVariable', { name: one.name })}
                onClick={() => onChange(variables.filter((_, place) => place !== at))}
              >
                <IconX size={18} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {readOnly ? null : (
          <Group>
            <Button
              variant="default"
              leftSection={<IconPlus size={16} />}
              onClick={() => onChange([...variables, { name: '' }])}
            >
              {t('noticeTemplates.addVariable')}
            </Button>
          </Group>
        )}
      </Stack>
    </Section>
  )
}
