import { Button, Stack, Text } from '@mantine/core'
import { IconEdit, IconKey } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Copyable, SecretOnce, useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import { ApplicationForm } from './application-form.tsx'
import type { Application } from './registration.ts'
import { grants, listOf, methods, newSecret, settingsOf } from './registration.ts'

export function ApplicationScreen() {
  const { t } = useTranslation()
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: ['applications', id],
    queryFn: () => ask(api.GET('/oauth2-service/api/oauth2-clients/findById/{id}', { params: { path: { id } } })),
  })
  const application = query.data?.data
  return (
    <Page
      title={application ? (application.clientName ?? application.clientId) : t('applications.title')}
      back={{ to: '/applications', title: t('applications.title') }}
      actions={application ? <Actions application={application} /> : null}
    >
      <Answer query={query} rows={8}>
        {({ data }) => <Shown application={data} />}
      </Answer>
    </Page>
  )
}

function Actions({ application }: { application: Application }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const [editing, setEditing] = useState(false)
  const [secret, setSecret] = useState<string | null>(null)
  const name = application.clientName ?? application.clientId
  const { id } = application
  const renew = useAct({
    run: async () => {
      const made = newSecret()
      await ask(api.POST('/oauth2-service/api/oauth2-clients/updateClient', { body: { id, clientSecret: made } }))
      return made
    },
    refresh: [['applications']],
    onDone: setSecret,
  })
  const remove = useAct({
    run: () => ask(api.DELETE('/oauth2-service/api/oauth2-clients/deleteClient/{id}', { params: { path: { id } } })),
    done: t('applications.removed'),
    refresh: [['applications', 'list']],
    onDone: () => void navigate({ to: '/applications' }),
  })
  return (
    <>
      {may('oauth2-client:update') ? (
        <>
          {application.clientSecret ? (
            <Button
              variant="default"
              leftSection={<IconKey size={18} />}
              loading={renew.isPending}
              onClick={() =>
                confirm({
                  title: t('applications.newSecretTitle', { name }),
                  text: t('applications.newSecretText'),
                  action: t('applications.newSecret'),
                  run: () => renew.mutate(),
                })
              }
            >
              {t('applications.newSecret')}
            </Button>
          ) : null}
          <Button variant="default" leftSection={<IconEdit size={18} />} onClick={() => setEditing(true)}>
            {t('action.edit')}
          </Button>
        </>
      ) : null}
      {may('oauth2-client:delete') ? (
        <Button
          variant="default"
          c="var(--mantine-color-error)"
          onClick={() =>
            confirm({
              title: t('applications.removeTitle', { name }),
              text: t('applications.removeText'),
              action: t('action.delete'),
              run: () => remove.mutate(),
            })
          }
        >
          {t('action.delete')}
        </Button>
      ) : null}
      {editing ? (
        <ApplicationForm
          application={application}
          onClose={() => setEditing(false)}
          onMade={(made) => setSecret(made.secret)}
        />
      ) : null}
      <SecretOnce
        title={t('applications.secret')}
        about={t('applications.secretAbout')}
        secret={secret}
        onClose={() => setSecret(null)}
      />
    </>
  )
}

function Shown({ application }: { application: Application }) {
  const { t } = useTranslation()
  const { list, moment } = useFormat()
  const has = (text: string, name: string) => listOf(text).includes(name)
  const client = settingsOf(application.clientSettings)
  const yesNo = (value: unknown) => (value === true ? t('common.yes') : t('common.no'))
  const lines = (text: string) => (text ? listOf(text).join('\n') : null)
  const tokenAddress = `${location.origin}/oauth2/token`
  const proof = has(application.clientAuthenticationMethods, 'client_secret_post')
    ? `-d client_id=${application.clientId} -d client_secret=SECRET`
    : `-u ${application.clientId}:SECRET`
  const example = `curl ${proof} -d grant_type=client_credentials ${tokenAddress}`
  // Somebody copies it into a shell: not where the identifier would mean something to it.
  const isPlain = /^[\w.-]+$/.test(application.clientId)
  const signsIn = has(application.authorizationGrantTypes, 'authorization_code')
  const preLine = { whiteSpace: 'pre-line' } as const
  return (
    <Stack>
      <Section title={t('applications.overview')}>
        <Facts
          facts={[
            [
              t('applications.clientId'),
              <Copyable key="client" value={application.clientId} label={t('action.copy')} />,
            ],
            [
              t('applications.secret'),
              application.clientSecret ? t('applications.hasSecret') : t('applications.noSecret'),
            ],
            [t('applications.expires'), moment(application.clientSecretExpiresAt)],
            [
              t('applications.grants'),
              list(
                grants
                  .filter((one) => has(application.authorizationGrantTypes, one))
                  .map((one) => t(`applications.grant.${one}`)),
              ),
            ],
            [
              t('applications.methods'),
              list(
                methods
                  .filter((one) => has(application.clientAuthenticationMethods, one))
                  .map((one) => t(`applications.method.${one}`)),
              ),
            ],
            [
              t('applications.redirects'),
              <span key="redirects" style={preLine}>
                {lines(application.redirectUris) ?? '—'}
              </span>,
            ],
            [
              t('applications.logoutRedirects'),
              <span key="logout" style={preLine}>
                {lines(application.postLogoutRedirectUris) ?? '—'}
              </span>,
            ],
            [t('applications.scopes'), listOf(application.scopes).join(' ') || null],
            ...(signsIn
              ? [
                  [t('applications.proofKey'), yesNo(client.requireProofKey)] as const,
                  [t('applications.consent'), yesNo(client.requireAuthorizationConsent)] as const,
                ]
              : []),
            [t('applications.issued'), moment(application.clientIdIssuedAt)],
          ]}
        />
      </Section>
      <Section title={t('applications.endpoints')} about={t('applications.endpointsAbout')}>
        <Facts
          facts={[
            [
              t('applications.discovery'),
              <Copyable
                key="discovery"
                value={`${location.origin}/.well-known/openid-configuration`}
                label={t('action.copy')}
              />,
            ],
            [t('applications.tokenAddress'), <Copyable key="token" value={tokenAddress} label={t('action.copy')} />],
            [t('applications.clientId'), application.clientId],
          ]}
        />
        {isPlain && has(application.authorizationGrantTypes, 'client_credentials') ? (
          <Stack gap={4} mt="sm">
            <Text size="sm" c="dimmed">
              {t('applications.tokenExample')}
            </Text>
            <Copyable value={example} label={t('action.copy')} />
          </Stack>
        ) : null}
      </Section>
    </Stack>
  )
}
