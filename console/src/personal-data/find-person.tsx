import { Button, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { IconLock, IconUserSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { formText } from '../parts/given.ts'
import { Listing } from '../parts/listing.tsx'
import { Answer, NoneFits, Notice } from '../parts/states.tsx'
import type { Person, PersonType } from './person.ts'
import { customerOf, personTypes, screenOf, useProfileOf, userOf } from './person.ts'

const mostShown = 10
type Found = { people: (Person & { id: string })[]; hasMore: boolean }

/** Looks among users, customers and profiles, as each of them can be searched. */
export function FindPerson() {
  const { t } = useTranslation()
  const may = useMay()
  const profileOf = useProfileOf()
  const [search, change] = useSearchState()
  const offered = personTypes.filter((one) => may(`${one}:view`))
  const type = offered.find((one) => one === search.kind) ?? offered[0]
  const words = search.q ?? ''
  const query = useQuery({
    queryKey: [`${type}s`, 'person', 'found', words],
    enabled: type !== undefined,
    placeholderData: keepPreviousData,
    queryFn: () => (type ? findPeople(type, words, profileOf) : { people: [], hasMore: false }),
  })
  if (!type) {
    return (
      <Notice icon={<IconLock size={28} />} title={t('persons.noLists')}>
        {t('persons.noListsMore')}
      </Notice>
    )
  }
  const find = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    change({ q: formText(new FormData(event.currentTarget), 'q').trim() || undefined })
  }
  return (
    <Stack>
      <Group align="flex-end">
        <SegmentedControl
          aria-label={t('persons.kind')}
          value={type}
          onChange={(value) => change({ kind: value })}
          data={offered.map((one) => ({ value: one, label: t(`persons.${one}s`) }))}
        />
        <form onSubmit={find} style={{ flex: '1 1 18rem' }}>
          <Group gap="xs" align="flex-end">
            <TextInput
              name="q"
              type="search"
              flex="1 1 14rem"
              key={words}
              defaultValue={words}
              label={t(`persons.search.${type}`)}
              maxLength={100}
            />
            <Button type="submit" flex="none" leftSection={<IconUserSearch size={18} />}>
              {t('action.search')}
            </Button>
          </Group>
        </form>
      </Group>
      <Answer query={query} rows={4}>
        {({ people, hasMore }) => (
          <>
            <Listing
              label={t('persons.find')}
              rows={people}
              keyOf={(one) => one.id}
              link={(one) => screenOf({ type, id: one.id })}
              empty={<NobodyFits isSearched={words !== ''} />}
              columns={[
                { label: t('persons.person'), cell: (one) => one.name },
                { label: t('persons.reach'), cell: (one) => one.reach ?? '—' },
              ]}
            />
            {hasMore ? (
              <Text size="sm" c="dimmed">
                {t('persons.moreFit')}
              </Text>
            ) : null}
          </>
        )}
      </Answer>
    </Stack>
  )
}

function NobodyFits({ isSearched }: { isSearched: boolean }) {
  const { t } = useTranslation()
  return isSearched ? (
    <Notice icon={<IconUserSearch size={28} />} title={t('persons.nobodyFits')}>
      {t('persons.nobodyFitsMore')}
    </Notice>
  ) : (
    <NoneFits />
  )
}

async function findPeople(type: PersonType, words: string, profileOf: ReturnType<typeof useProfileOf>): Promise<Found> {
  if (type === 'user') {
    const query = { limit: mostShown, ...(words ? { search: words } : {}) }
    const { users, next_after } = await ask(api.GET('/api/v1/users', { params: { query } }))
    return { people: users.map((one) => ({ id: one.id, ...userOf(one) })), hasMore: next_after !== null }
  }
  if (type === 'customer') {
    const query = { page_size: mostShown, ...(words ? { name: words } : {}) }
    const { customers, next_after } = await ask(api.GET('/api/v1/customers', { params: { query } }))
    return { people: customers.map((one) => ({ id: one.id, ...customerOf(one) })), hasMore: next_after !== null }
  }
  const query = { limit: mostShown, page: 1, ...(words ? { q: words } : {}) }
  const { data } = await ask(api.GET('/api/v1/profiles/', { params: { query } }))
  return { people: data.results.map((one) => ({ id: String(one.pk), ...profileOf(one) })), hasMore: data.hasMore }
}
