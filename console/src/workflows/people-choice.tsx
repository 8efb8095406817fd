import { MultiSelect } from '@mantine/core'
import { useMay } from '../app/me.ts'
import { SearchedChoices } from '../parts/searched-choice.tsx'
import { useRoleNames } from '../people/role-list.ts'
import { activeUsers } from '../people/user-source.ts'
import { useWords } from './words.ts'

type Given = {
  label: string
  value: unknown
  /** Whoever caused the execution may be among them. */
  withSubmitter?: boolean
  onChange: (people: string[]) => void
  error: string | undefined
}

/** Roles, users, and who submitted it; names that are not known here stay. */
export function PeopleChoice({ label, value, withSubmitter, onChange, error }: Given) {
  const may = useMay()
  const { personName } = useWords()
  const roles = useRoleNames()
  const chosen = Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
  const offered = [
    ...(withSubmitter ? [{ value: 'submitter', label: personName('submitter') }] : []),
    ...roles.map((one) => ({ value: `role:${one}`, label: personName(`role:${one}`) })),
  ]
  if (may('user:view')) {
    return <SearchedChoices {...{ label, onChange, error, offered }} value={chosen} source={activeUsers} />
  }
  const unknown = chosen.filter((one) => !offered.some((each) => each.value === one))
  const data = [...offered, ...unknown.map((one) => ({ value: one, label: one }))]
  return <MultiSelect {...{ label, onChange, error, data }} required searchable value={chosen} />
}
