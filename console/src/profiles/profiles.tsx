import { Button, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { ClientChoice } from '../clients/client-choice.tsx'
import { ClientLink } from '../clients/client-link.tsx'
import { State } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty, NoneFits } from '../parts/states.tsx'
import { personOf } from './person.ts'

const statuses = ['draft', 'complete'] as const

export function ProfileState({ status }: { status: 'draft' | 'complete' }) {
  const { t } = useTranslation()
  return <State tone={status === 'complete' ? 'good' : 'waiting'}>{t(`profiles.${status}`)}</State>
}

export function Profiles() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const may = useMay()
  const [search, change] = useSearchState()
  const [creating, setCreating] = useState(false)
  const status = statuses.find((one) => one === search.status)
  const page = Math.max(1, Number(search.page ?? 1) || 1)
  const query = useQuery({
    queryKey: ['profiles', 'list', search],
    queryFn: () =>
      ask(
        api.GET('/api/v1/profiles/', {
          params: {
            query: {
              ...(status ? { status } : {}),
              ...(search.q ? { q: search.q } : {}),
              ...(search.client ? { client_uid: search.client } : {}),
              page,
              limit: 25,
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  })
  const create = may('profile:create') ? (
    <Button leftSection={<IconPlus size={18} />} onClick={() => setCreating(true)}>
      {t('profiles.create')}
    </Button>
  ) : null
  const find = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    change({ q: formText(new FormData(event.currentTarget), 'q').trim() || undefined, page: undefined })
  }
  return (
    <Page title={t('profiles.title')} about={t('profiles.about')} actions={create}>
      <Group justify="space-between">
        <SegmentedControl
          aria-label={t('common.state')}
          value={status ?? 'all'}
          onChange={(value) => change({ status: value === 'all' ? undefined : value, page: undefined })}
          data={[
            { value: 'all', label: t('common.all') },
            ...statuses.map((one) => ({ value: one, label: t(`profiles.${one}`) })),
          ]}
        />
        <form onSubmit={find}>
          <Group gap="xs" wrap="nowrap">
            <TextInput
              name="q"
              key={search.q ?? ''}
              defaultValue={search.q ?? ''}
              aria-label={t('profiles.search')}
              placeholder={t('profiles.search')}
              type="search"
            />
            <Button type="submit" variant="default" flex="none">
              {t('action.search')}
            </Button>
          </Group>
        </form>
      </Group>
      {search.client ? (
        <Group gap="xs">
          <Text size="sm">
            {t('clients.one')} <ClientLink uid={search.client} />
          </Text>
          <Button size="compact-sm" variant="subtle" onClick={() => change({ client: undefined, page: undefined })}>
            {t('profiles.ofAll')}
          </Button>
        </Group>
      ) : null}
      <Answer query={query}>
        {({ data }) => (
          <>
            <Listing
              label={t('profiles.title')}
              rows={data.results}
              keyOf={(one) => one.pk}
              link={(one) => `/profiles/${one.pk}`}
              empty={
                search.q || search.client || status ? (
                  <NoneFits />
                ) : (
                  <Empty title={t('profiles.none')} action={create}>
                    {t('profiles.noneMore')}
                  </Empty>
                )
              }
              columns={[
                { label: t('profiles.number'), cell: (one) => t('profiles.one', { number: one.pk }) },
                { label: t('profiles.person'), cell: (one) => personOf(one.profileattribute_set) || '—' },
                { label: t('profiles.reference'), cell: (one) => one.externalReference ?? '—' },
                { label: t('common.state'), cell: (one) => <ProfileState status={one.status} /> },
                { label: t('common.created'), cell: (one) => moment(one.createdAt) },
                { label: t('common.changed'), cell: (one) => moment(one.updatedAt) },
              ]}
            />
            <NextPage next={data.hasMore ? String(page + 1) : null} name="page" />
          </>
        )}
      </Answer>
      <CreateProfile opened={creating} onClose={() => setCreating(false)} />
    </Page>
  )
}

function CreateProfile({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [client, setClient] = useState<string | null>(null)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const reference = formText(new FormData(event.currentTarget), 'reference').trim()
    void navigate({ to: '/profiles/new', search: { client: client ?? '', ...(reference ? { reference } : {}) } })
  }
  return (
    <Dialog opened={opened} onClose={onClose} title={t('profiles.create')}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t('profiles.createText')}</Text>
          <ClientChoice label={t('clients.one')} required value={client} onChange={setClient} />
          <TextInput
            name="reference"
            label={t('profiles.reference')}
            description={t('profiles.referenceHint')}
            maxLength={100}
          />
          <FormEnd onCancel={onClose} isDisabled={!client}>
            {t('mfa.continue')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
