/** Doing something: with its success told, its failure explained, and a second factor asked for where the server wants one. */
import { Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Problem } from '../api/problem.ts'
import { useProblemText } from './problem-text.ts'
import { askForStepUp } from './step-up-channel.ts'

type Act<Input, Result> = {
  run: (input: Input) => Promise<Result>
  /** What to say when it worked. */
  done?: string | ((result: Result) => string)
  /** What was carried out may still have shown that something does not work. */
  isBad?: (result: Result) => boolean
  /** Keys of what it changed. */
  refresh?: readonly (readonly unknown[])[]
  onDone?: (result: Result, input: Input) => void
  /** The caller shows the error itself. */
  silent?: boolean
}

export function useAct<Input = void, Result = unknown>({
  run,
  done,
  isBad,
  refresh,
  onDone,
  silent,
}: Act<Input, Result>) {
  const queries = useQueryClient()
  const { t } = useTranslation()
  const closeButtonProps = { 'aria-label': t('action.close') }
  return useMutation({
    mutationFn: async (input: Input) => {
      try {
        return await run(input)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'step_up_required') throw error
        await askForStepUp(error)
        return run(input)
      }
    },
    onSuccess: async (result, input) => {
      if (done) {
        const message = typeof done === 'string' ? done : done(result)
        notifications.show({ color: isBad?.(result) ? 'red' : 'teal', message, closeButtonProps })
      }
      await Promise.all((refresh ?? []).map((queryKey) => queries.invalidateQueries({ queryKey: [...queryKey] })))
      onDone?.(result, input)
    },
    onError: (error) => {
      if (!silent && !(error instanceof Problem && error.status === 401)) {
        notifications.show({ color: 'red', message: <Told error={error} />, autoClose: 10_000, closeButtonProps })
      }
    },
  })
}

/** In words, and small beneath what the other side answered, for those who set it up. */
function Told({ error }: { error: Error }) {
  const tell = useProblemText()
  const answers = error instanceof Problem ? error.faults.filter(({ code }) => code === 'mail_provider_answer') : []
  return (
    <>
      {tell(error)}
      {answers.map(({ parameters: { answer = '' } }) => (
        <Text key={answer} size="xs" c="dimmed" mt={4} style={{ overflowWrap: 'anywhere' }}>
          {answer}
        </Text>
      ))}
    </>
  )
}

/** The failure of a form with one field that can be wrong, for that field; such an act is `silent`. */
export function useFieldError(error: Error | null): string | null {
  const tell = useProblemText()
  return error === null || (error instanceof Problem && error.status === 401) ? null : tell(error)
}
