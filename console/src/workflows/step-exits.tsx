import { Select, SimpleGrid } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Exit } from './definition.ts'
import { usualExits } from './definition.ts'
import type { StepGiven } from './step-field.ts'
import { useField, withPresent } from './step-field.ts'
import { useWords } from './words.ts'

/** No action can be called so. */
const usual = '.usual'

/** Where it goes on from here. */
export function Exits(given: StepGiven) {
  const { actions, action, told } = given
  const { t } = useTranslation()
  const { exitName, endName, stepName } = useWords()
  const { set, textOf } = useField(given)
  const others = actions.filter((one) => one.id !== action.id).map((one) => ({ value: one.id, label: stepName(one) }))
  const ends = (['end', 'fail'] as const).map((one) => ({ value: one as string, label: endName(one) }))
  const exits: (readonly [exit: Exit, label: string, otherwise: string])[] = [
    ...usualExits(action.type).map(
      ([exit, to]) => [exit, exitName(exit), to === 'following' ? t('workflows.following') : endName(to)] as const,
    ),
    ['on_failure', exitName('on_failure'), t('workflows.executionFails')],
  ]
  const isUsual = (exit: Exit, to: string) => usualExits(action.type).some((one) => one[0] === exit && one[1] === to)
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
      {exits.map(([exit, label, otherwise]) => {
        const names = [...others, ...ends.filter((one) => !isUsual(exit, one.value))]
        const present = textOf(exit)
        const chosen = present === '' || isUsual(exit, present) ? usual : present
        return (
          <Select
            key={exit}
            label={t('workflows.goesOn', { exit: label })}
            allowDeselect={false}
            data={withPresent([{ value: usual, label: otherwise }, ...names], chosen)}
            value={chosen}
            onChange={(to) => set({ [exit]: to === usual || to === null ? undefined : to })}
            error={told(exit)}
          />
        )
      })}
    </SimpleGrid>
  )
}
