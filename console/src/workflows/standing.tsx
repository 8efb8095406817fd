import { Text } from '@mantine/core'
import type { ExecutionLine } from './definition.ts'
import { isOpen } from './states.tsx'
import { useWords } from './words.ts'

/** In a list: the step at which an execution is, or why it failed. */
export function Standing({ of }: { of: ExecutionLine }) {
  const { failureText, stepName } = useWords()
  const { current_action: id, current_action_name: name } = of
  const step = isOpen(of.status) && id !== null ? stepName({ id, name }) : null
  return (
    <Text size="sm" lineClamp={2}>
      {of.error ? failureText(of.error) : (step ?? '—')}
    </Text>
  )
}
