import { Button, Group, Paper, SimpleGrid, TextInput } from '@mantine/core'
import { IconFilterOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Search } from '../app/location.ts'
import { useSearchState } from '../app/location.ts'

/** Without a place in the list, which lists name in three ways. */
const firstPage = { after: undefined, page: undefined, cursor: undefined }

/** Filters that stand in the address; a new one begins at the first page. */
export function Filters({ names, children }: { names: readonly string[]; children: ReactNode }) {
  const { t } = useTranslation()
  const [search, change] = useSearchState()
  const none = Object.fromEntries([...names, ...Object.keys(firstPage)].map((one) => [one, undefined]))
  return (
    <Paper withBorder p="md" component="search" aria-label={t('audit.filters')}>
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: 'xs', xs: 'md' }} style={{ alignItems: 'end' }}>
        {children}
        <Group align="flex-end">
          <Button
            variant="default"
            leftSection={<IconFilterOff size={18} />}
            disabled={names.every((one) => !search[one])}
            onClick={() => change(none)}
          >
            {t('action.clear')}
          </Button>
        </Group>
      </SimpleGrid>
    </Paper>
  )
}

export function useFilter(): [Search, (name: string) => (value: string | null) => void] {
  const [search, change] = useSearchState()
  const set = (name: string) => (value: string | null) =>
    change({ [name]: value || undefined, ...firstPage }, { replace: true })
  return [search, set]
}

type Given = { name: string; label: string; type?: 'text' | 'date'; placeholder?: string }

/** A text takes effect when it is left or confirmed, a day at once. */
export function FilterField({ name, label, type = 'text', placeholder }: Given) {
  const [search, set] = useFilter()
  const value = search[name] ?? ''
  if (type === 'date') {
    return (
      <TextInput label={label} type="date" value={value} onChange={(event) => set(name)(event.currentTarget.value)} />
    )
  }
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      key={value}
      defaultValue={value}
      maxLength={255}
      onBlur={(event) => set(name)(event.currentTarget.value.trim())}
      onKeyDown={(event) => {
        if (event.key === 'Enter') set(name)(event.currentTarget.value.trim())
      }}
    />
  )
}
