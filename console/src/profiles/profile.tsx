import { Alert, Button, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { personalDataNeeds, useMay, useMeets } from '../app/me.ts'
import { ClientLink } from '../clients/client-link.tsx'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import { AnalysisPicture } from './analysis.tsx'
import { personOf } from './person.ts'
import { ProfileForm } from './profile-form.tsx'
import { ProfileState } from './profiles.tsx'

export function ProfileScreen() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const given = useParams({ strict: false }).pk
  const pk = Number(given)
  const query = useQuery({
    queryKey: ['profiles', pk],
    queryFn: () => ask(api.GET('/api/v1/profiles/{pk}/', { params: { path: { pk } } })),
    // An analysis is computed in the background: it appears by itself.
    refetchInterval: ({ state }) =>
      ['pending', 'running'].includes(state.data?.data.last_analyse?.status ?? '') ? 1500 : false,
  })
  const catalogue = useQuery({ queryKey: ['catalogue'], queryFn: () => ask(api.GET('/api/v1/metadata/attributes/')) })
  const profile = query.data?.data
  return (
    <Page
      title={t('profiles.one', { number: given })}
      about={
        profile ? [personOf(profile.profileattribute_set), profile.externalReference].filter(Boolean).join(' · ') : null
      }
      back={{ to: '/profiles', title: t('profiles.title') }}
      actions={profile ? <Actions pk={pk} status={profile.status} /> : null}
    >
      <Answer query={query}>
        {({ data }) => {
          const analysis = data.last_analyse
          return (
            <Stack>
              <Section title={t('profiles.overview')}>
                <Facts
                  facts={[
                    [t('common.state'), <ProfileState key="state" status={data.status} />],
                    [t('clients.one'), <ClientLink key="client" uid={data.client_uid} />],
                    [t('common.created'), moment(data.createdAt)],
                    [t('common.changed'), moment(data.updatedAt)],
                  ]}
                />
              </Section>
              {analysis?.status === 'completed' && analysis.details ? (
                <AnalysisPicture score={analysis.score} details={analysis.details} version={analysis.version} />
              ) : null}
              {analysis && analysis.status !== 'completed' ? (
                <Alert variant="light" color={analysis.status === 'failed' ? 'red' : 'indigo'} role="status">
                  {analysis.status === 'failed' ? t('analysis.failed') : t('analysis.running')}
                </Alert>
              ) : null}
              <Answer query={catalogue}>
                {(found) => <ProfileForm key={data.updatedAt} profile={data} catalogue={found.data} />}
              </Answer>
            </Stack>
          )
        }}
      </Answer>
    </Page>
  )
}

function Actions({ pk, status }: { pk: number; status: 'draft' | 'complete' }) {
  const { t } = useTranslation()
  const may = useMay()
  const meets = useMeets()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const params = { params: { path: { pk } } }
  const refresh = [['profiles']]
  const submit = useAct({
    run: () => ask(api.POST('/api/v1/profiles/{pk}/submit/', params)),
    done: t('profiles.submitted'),
    refresh,
  })
  const analyse = useAct({
    run: () => ask(api.POST('/api/v1/profiles/{pk}/analyses/', params)),
    done: t('analysis.requested'),
    refresh,
  })
  const remove = useAct({
    run: () => ask(api.DELETE('/api/v1/profiles/{pk}/', params)),
    done: t('profiles.removed'),
    refresh,
    onDone: () => void navigate({ to: '/profiles' }),
  })
  return (
    <>
      {meets(personalDataNeeds) ? (
        <Button variant="default" component={Link} to={`/personal-data/profiles/${pk}`}>
          {t('nav.personalData')}
        </Button>
      ) : null}
      {may('profile:delete') ? (
        <Button
          variant="default"
          c="var(--mantine-color-error)"
          onClick={() =>
            confirm({
              title: t('profiles.removeTitle'),
              text: t('profiles.removeText'),
              action: t('action.delete'),
              run: () => remove.mutate(),
            })
          }
        >
          {t('action.delete')}
        </Button>
      ) : null}
      {status === 'draft' && may('profile:submit') ? (
        <Button onClick={() => submit.mutate()} loading={submit.isPending}>
          {t('profiles.submit')}
        </Button>
      ) : null}
      {status === 'complete' && may('analysis:request') ? (
        <Button onClick={() => analyse.mutate()} loading={analyse.isPending}>
          {t('analysis.request')}
        </Button>
      ) : null}
    </>
  )
}
