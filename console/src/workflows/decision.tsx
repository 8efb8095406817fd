import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Execution } from './definition.ts'
import { useWords } from './words.ts'

type Step = Execution['action_results'][number]

const isNamed = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const textsOf = (value: unknown) => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [])
const read = ({ input, outcome }: Step) => {
  const [asked, came] = [isNamed(input) ? input : {}, isNamed(outcome) ? outcome : {}]
  return {
    approvers: textsOf(asked.approvers),
    decision: (['approved', 'rejected', 'expired'] as const).find((one) => one === came.decision),
    decidedBy: typeof came.decided_by === 'string' ? came.decided_by : null,
    comment: typeof came.comment === 'string' ? came.comment : null,
  }
}

/** Users whom approvals name: those who were asked, and those who decided. */
export const usersOfDecisions = (steps: readonly Step[]): string[] =>
  steps
    .filter((one) => one.type === 'approval')
    .map(read)
    .flatMap(({ approvers, decidedBy }) => [...approvers, ...(decidedBy ? [decidedBy] : [])])
    .filter((one) => one.startsWith('user_'))

/** An approval in words: whom it waits for, or who decided what, and why. */
export function Decision({ step, userName }: { step: Step; userName: (id: string) => string }) {
  const { t } = useTranslation()
  const { personName } = useWords(userName)
  const { approvers, decision, decidedBy, comment } = read(step)
  if (step.status === 'waiting' && approvers.length > 0) {
    return <Text size="sm">{t('executions.waitsFor', { who: approvers.map(personName).join(', ') })}</Text>
  }
  if (!decision) return null
  if (!decidedBy) return <Text size="sm">{t(`executions.decision.${decision}`)}</Text>
  return (
    <>
      <Text size="sm">{t(`executions.decisionBy.${decision}`, { who: userName(decidedBy) })}</Text>
      {comment ? (
        <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {t('executions.commentWas', { comment })}
        </Text>
      ) : null}
    </>
  )
}
