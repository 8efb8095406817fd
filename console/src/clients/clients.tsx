import { Button, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import type { Components } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { State } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FilterField, Filters, useFilter } from '../parts/filters.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing, Pages } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { useFaultText } from '../parts/problem-text.ts'
import { Answer, Empty, NoneFits } from '../parts/states.tsx'

type Client = Components['schemas']['ClientDetail']
const pageSize = 25

export function Clients() {
  const { t } = useTranslation()
  const { dayOf } = useFormat()
  const may = useMay()
  const [search, set] = useFilter()
  const [creating, setCreating] = useState(false)
  const page = Math.max(1, Number(search.page ?? 1) || 1)
  const query = useQuery({
    queryKey: ['clients', 'list', search],
    queryFn: () => {
      const fitting = {
        ...(search.search ? { search: search.search } : {}),
        ...(isState(search.state) ? { isActive: search.state === 'active' } : {}),
      }
      return ask(api.GET('/api/v1/clients', { params: { query: { page, pageSize, ...fitting } } }))
    },
    placeholderData: keepPreviousData,
  })
  const create = may('client:create') ? (
    <Button leftSection={<IconPlus size={18} />} onClick={() => setCreating(true)}>
      {t('clients.create')}
    </Button>
  ) : null
  return (
    <Page title={t('clients.title')} about={t('clients.about')} actions={create}>
      <Filters names={['search', 'state']}>
        <FilterField name="search" label={t('clients.search')} />
        <Select
          label={t('common.state')}
          placeholder={t('common.all')}
          clearable
          data={[
            { value: 'active', label: t('common.active') },
            { value: 'inactive', label: t('common.inactive') },
          ]}
          value={isState(search.state) ? search.state : null}
          onChange={set('state')}
        />
      </Filters>
      <Answer query={query} rows={10}>
        {({ results, total }) => (
          <>
            <Listing
              label={t('clients.title')}
              rows={results}
              keyOf={(one) => one.uid}
              link={(one) => `/clients/${one.uid}`}
              empty={
                search.search || search.state ? (
                  <NoneFits />
                ) : (
                  <Empty title={t('clients.none')} action={create}>
                    {t('clients.noneMore')}
                  </Empty>
                )
              }
              columns={[
                { label: t('clients.name'), cell: (one) => one.name },
                { label: t('clients.siret'), cell: (one) => one.siret ?? '—' },
                { label: t('common.state'), cell: (one) => <ClientState client={one} /> },
                { label: t('clients.connections'), cell: (one) => connections(one) || '—' },
                { label: t('common.created'), cell: (one) => dayOf(one.createdAt) },
              ]}
            />
            <Pages total={total} size={pageSize} />
          </>
        )}
      </Answer>
      <ClientForm opened={creating} onClose={() => setCreating(false)} />
    </Page>
  )
}

const isState = (state: string | undefined) => state === 'active' || state === 'inactive'

const connections = (client: Client) =>
  [client.hasConfigPdp ? 'PDP' : '', client.hasConfigChorus ? 'Chorus Pro' : ''].filter(Boolean).join(', ')

export function ClientState({ client }: { client: Pick<Client, 'isActive'> }) {
  const { t } = useTranslation()
  return client.isActive ? (
    <State tone="good">{t('common.active')}</State>
  ) : (
    <State tone="plain">{t('common.inactive')}</State>
  )
}

/** Creates a client, or changes the one that is given. */
export function ClientForm({ opened, onClose, client }: { opened: boolean; onClose: () => void; client?: Client }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const form = useForm({
    initialValues: { name: client?.name ?? '', siret: client?.siret ?? '', description: client?.description ?? '' },
    validate: {
      name: (value) => (value.trim() === '' ? t('form.required') : null),
      siret: (value) => (value === '' || /^\d{14}$/.test(value.replace(/\s/g, '')) ? null : t('clients.siretWrong')),
    },
  })
  const tellFault = useFaultText()
  const act = useAct({
    run: (values: typeof form.values) => {
      const body = {
        name: values.name.trim(),
        siret: values.siret.replace(/\s/g, '') || null,
        description: values.description.trim() || null,
      }
      return client
        ? ask(api.PATCH('/api/v1/clients/{uid}', { params: { path: { uid: client.uid } }, body }))
        : ask(api.POST('/api/v1/clients', { body }))
    },
    done: client ? t('common.saved') : t('clients.created'),
    refresh: [['clients']],
    onDone: ({ uid }) => {
      onClose()
      if (!client) void navigate({ to: `/clients/${uid}` })
    },
  })
  const submit = form.onSubmit((values) =>
    act.mutate(values, {
      onError: (error) => {
        const wrong = error instanceof Problem ? error.faults.filter((one) => one.field in values) : []
        if (wrong.length > 0)
          form.setErrors(
            Object.fromEntries(
              wrong.map((one) => [one.field, one.field === 'siret' ? t('clients.siretWrong') : tellFault(one)]),
            ),
          )
      },
    }),
  )
  return (
    <Dialog opened={opened} onClose={onClose} title={client ? t('clients.edit') : t('clients.create')}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={t('clients.name')}
            required
            maxLength={255}
            data-autofocus
            {...form.getInputProps('name')}
          />
          <TextInput
            label={t('clients.siret')}
            description={t('clients.siretHint')}
            inputMode="numeric"
            {...form.getInputProps('siret')}
          />
          <Textarea
            label={t('common.description')}
            autosize
            minRows={2}
            maxLength={2000}
            {...form.getInputProps('description')}
          />
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {client ? t('action.save') : t('action.create')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
