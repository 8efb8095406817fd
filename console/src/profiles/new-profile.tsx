import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { Page } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import { ProfileForm } from './profile-form.tsx'

const empty = { pk: null, status: 'draft' as const, profileattribute_set: [], document_set: [] }

/** The form of a profile that the first save makes: the contract wants what is required from the beginning. */
export function NewProfile() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [search] = useSearchState()
  const catalogue = useQuery({
    queryKey: ['catalogue'],
    queryFn: () => ask(api.GET('/api/v1/metadata/attributes/')),
  })
  const create = async (attributes: Record<string, unknown>) => {
    const externalReference = search.reference ?? null
    const owner = search.client ? { client_uid: search.client } : {}
    const { data } = await ask(api.POST('/api/v1/profiles/', { body: { attributes, externalReference, ...owner } }))
    await queries.invalidateQueries({ queryKey: ['profiles'] })
    await navigate({ to: `/profiles/${data.pk}` })
  }
  return (
    <Page title={t('profiles.create')} about={search.reference} back={{ to: '/profiles', title: t('profiles.title') }}>
      <Answer query={catalogue}>
        {({ data }) => <ProfileForm profile={empty} catalogue={data} create={create} />}
      </Answer>
    </Page>
  )
}
