/** One or several of very many: the server looks while one types. */
import type { ComboboxItem } from '@mantine/core'
import { Loader, MultiSelect, Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { aside } from './states.tsx'

export type Option = { value: string; label: string }
/** Where options come from. */
export type Source = {
  key: readonly string[]
  /** The first of those that fit, and whether there are more. */
  find: (search: string) => Promise<{ options: Option[]; hasMore: boolean }>
  /** Of one that was chosen and is not among those found. */
  labelOf: (value: string) => Promise<string>
}

/** Stands last in the list, and cannot be chosen. */
const more = '.more'
const all = ({ options }: { options: unknown[] }) => options as ComboboxItem[]

/** @param offered stand before what is found */
function useSearch(source: Source, chosen: readonly string[], offered: readonly Option[] = []) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const [settled] = useDebouncedValue(typed.trim(), 250)
  const named = useQueries({
    queries: chosen
      .filter((value) => !offered.some((one) => one.value === value))
      .map((value) => ({
        queryKey: [...source.key, 'label', value],
        meta: aside,
        queryFn: async (): Promise<Option> => ({ value, label: await source.labelOf(value) }),
        staleTime: 60_000,
        retry: false,
      })),
  })
  const names = new Map([...offered, ...named.flatMap(({ data }) => data ?? [])].map((one) => [one.value, one]))
  // Whoever is gone stays by his id, to be taken away.
  const known = chosen.map((value) => names.get(value) ?? { value, label: value })
  // What was chosen stands in the field: it is not searched for again.
  const search = known.some((one) => one.label === settled) ? '' : settled
  const found = useQuery({
    queryKey: [...source.key, 'found', search],
    meta: aside,
    queryFn: () => source.find(search),
    placeholderData: keepPreviousData,
  })
  const fits = ({ label }: Option) => label.toLowerCase().includes(search.toLowerCase())
  const options = new Map([...offered.filter(fits), ...(found.data?.options ?? [])].map((one) => [one.value, one]))
  for (const one of known) if (!options.has(one.value)) options.set(one.value, one)
  const note = found.data?.hasMore ? [{ value: more, label: t('choice.more'), disabled: true }] : []
  const isLooking = found.isFetching || typed.trim() !== settled
  return {
    data: [...options.values(), ...note],
    searchable: true,
    // The server has looked already.
    filter: all,
    onSearchChange: setTyped,
    rightSection: isLooking ? <Loader size="xs" /> : undefined,
    nothingFoundMessage: isLooking ? t('state.loading') : t(found.error ? 'choice.failed' : 'choice.none'),
  }
}

type Common = { label: string; source: Source; error?: string | null | undefined; placeholder?: string }
type OneGiven = Common & {
  value: string | null
  onChange: (value: string | null) => void
  required?: boolean
  autofocus?: boolean
}

export function SearchedChoice({ source, value, onChange, required = false, autofocus, ...given }: OneGiven) {
  const { rightSection, ...search } = useSearch(source, value === null ? [] : [value])
  return (
    <Select
      {...given}
      {...search}
      {...(rightSection && value === null ? { rightSection } : {})}
      required={required}
      clearable={!required}
      value={value}
      onChange={onChange}
      data-autofocus={autofocus ?? undefined}
    />
  )
}

type SeveralGiven = Common & { value: string[]; onChange: (value: string[]) => void; offered: readonly Option[] }

export function SearchedChoices({ source, value, onChange, offered, ...given }: SeveralGiven) {
  const { rightSection, ...search } = useSearch(source, value, offered)
  return (
    <MultiSelect
      {...given}
      {...search}
      {...(rightSection ? { rightSection } : {})}
      required
      value={value}
      onChange={onChange}
    />
  )
}
