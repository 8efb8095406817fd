import { Button, Code, Group, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { SecretOnce } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing, Pages } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { ApplicationForm } from './application-form.tsx'
import { grants, listOf } from './registration.ts'

const size = 25

/** Registered OAuth2 clients. */
export function Applications() {
  const { t } = useTranslation()
  const { dayOf, list } = useFormat()
  const may = useMay()
  const navigate = useNavigate()
  const [search, change] = useSearchState()
  const [creating, setCreating] = useState(false)
  const [made, setMade] = useState<{ id: string; secret: string | null } | null>(null)
  const page = Math.max(1, Number(search.page ?? 1) || 1)
  const query = useQuery({
    queryKey: ['applications', 'list', page, search.q],
    queryFn: () => {
      const given = { page, size, ...(search.q ? { keyword: search.q } : {}) }
      return ask(api.POST('/oauth2-service/api/oauth2-clients/getAllClients', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
  })
  const create = may('oauth2-client:create') ? (
    <Button leftSection={<IconPlus size={18} />} onClick={() => setCreating(true)}>
      {t('applications.create')}
    </Button>
  ) : null
  const open = (id: string) => void navigate({ to: `/applications/${id}` })
  const find = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    change({ q: formText(new FormData(event.currentTarget), 'q').trim() || undefined, page: undefined })
  }
  return (
    <Page title={t('applications.title')} about={t('applications.about')} actions={create}>
      <form onSubmit={find}>
        <Group gap="xs">
          <TextInput
            name="q"
            key={search.q ?? ''}
            defaultValue={search.q ?? ''}
            type="search"
            aria-label={t('applications.search')}
            placeholder={t('applications.search')}
            flex="1 1 14rem"
            maw={420}
          />
          <Button type="submit" variant="default">
            {t('action.search')}
          </Button>
        </Group>
      </form>
      <Answer query={query}>
        {({ data }) => (
          <>
            <Listing
              label={t('applications.title')}
              rows={data.list}
              keyOf={(one) => one.id}
              link={(one) => `/applications/${one.id}`}
              empty={
                <Empty title={t('applications.none')} action={search.q ? null : create}>
                  {search.q ? t('audit.noneMore') : t('applications.noneMore')}
                </Empty>
              }
              columns={[
                { label: t('applications.name'), cell: (one) => one.clientName ?? one.clientId },
                { label: t('applications.clientId'), cell: (one) => <Code fz="xs">{one.clientId}</Code> },
                {
                  label: t('applications.grants'),
                  cell: (one) => {
                    const given = listOf(one.authorizationGrantTypes)
                    return list(
                      grants.filter((grant) => given.includes(grant)).map((grant) => t(`applications.grant.${grant}`)),
                    )
                  },
                },
                { label: t('applications.issued'), cell: (one) => dayOf(one.clientIdIssuedAt) },
              ]}
            />
            <Pages total={data.total} size={size} />
          </>
        )}
      </Answer>
      {creating ? (
        <ApplicationForm
          onClose={() => setCreating(false)}
          onMade={(one) => {
            if (one.secret === null) open(one.id)
            else setMade(one)
          }}
        />
      ) : null}
      <SecretOnce
        title={t('applications.secret')}
        about={t('applications.secretAbout')}
        secret={made?.secret ?? null}
        onClose={() => made && open(made.id)}
      />
    </Page>
  )
}
