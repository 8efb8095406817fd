import { Alert, List, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Problem } from '../api/problem.ts'
import { useFaultText, useProblemText } from '../parts/problem-text.ts'
import { Failure, Loading } from '../parts/states.tsx'

type Judged = {
  fault: string | null
  error: Error | null
  isPending: boolean
  isGood: boolean
  /** In the order of the definition. */
  stepNames: readonly string[]
  retry: () => void
}

/** What the server says about a definition, each fault at its place. */
export function Verdict({ fault, error, isPending, isGood, stepNames, retry }: Judged) {
  const { t } = useTranslation()
  const tell = useProblemText()
  const tellFault = useFaultText()
  if (fault !== null) {
    return (
      <Alert color="red" variant="light" icon={<IconAlertTriangle />} role="status" title={t('workflows.noJson')}>
        <Text size="sm">{fault}</Text>
      </Alert>
    )
  }
  // The definition was not judged at all.
  if (error instanceof Problem && (error.status === 0 || error.status >= 500)) {
    return <Failure error={error} retry={retry} />
  }
  if (error) {
    const faults = error instanceof Problem ? error.faults : []
    return (
      <Alert color="red" variant="light" icon={<IconAlertTriangle />} role="status" title={t('workflows.notYet')}>
        {faults.length > 0 ? (
          <List size="sm">
            {faults.map((one) => (
              <List.Item key={`${one.field} ${one.message}`}>
                {[namedPlace(one.field, stepNames), tellFault(one)].filter((part) => part !== '').join(' : ')}
              </List.Item>
            ))}
          </List>
        ) : (
          <Text size="sm">{tell(error)}</Text>
        )}
      </Alert>
    )
  }
  if (isPending) return <Loading rows={1} />
  if (!isGood) return null
  return (
    <Alert color="teal" variant="light" icon={<IconCheck />} role="status">
      {t('workflows.good')}
    </Alert>
  )
}

/** actions.1.deadline: the step's name, and what stands below it. */
function namedPlace(field: string, stepNames: readonly string[]): string {
  const place = placeOf(field)
  const [, at, rest = ''] = /^actions\.(\d+)\.?(.*)$/.exec(place) ?? []
  const name = at === undefined ? undefined : stepNames[Number(at)]
  return name === undefined ? place : [name, rest].filter((part) => part !== '').join(', ')
}

/** The place within the definition. */
export const placeOf = (field: string) => field.replace(/^definition\.?/, '')
