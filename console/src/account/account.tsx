import { Alert, Button, Group, PasswordInput, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useMe } from '../app/me.ts'
import { useAct, useFieldError } from '../parts/act.tsx'
import { EndButton, State, useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing } from '../parts/listing.tsx'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { useRoleName } from '../people/role-names.ts'
import { SecondFactors } from './second-factors.tsx'

export function Account() {
  const { t } = useTranslation()
  const called = useRoleName()
  const { list } = useFormat()
  const me = useMe()
  if (!me) return null
  return (
    <Page title={t('account.title')} about={t('account.about')}>
      {me.mfa.setup_required ? (
        <Alert color="yellow" variant="light" title={t('account.mfaDemanded')}>
          {t('account.mfaDemandedText')}
        </Alert>
      ) : null}
      <Section title={t('account.you')}>
        <Facts
          facts={[
            [t('signIn.yourName'), me.user.display_name],
            [t('signIn.email'), me.user.email],
            [t('users.roles'), list(me.user.roles.map(called))],
            [t('account.tenant'), `${me.tenant.name} (${me.tenant.id})`],
          ]}
        />
      </Section>
      <SecondFactors />
      <Password />
      <Sessions />
      <Consents />
    </Page>
  )
}

function Password() {
  const { t } = useTranslation()
  const [wrong, setWrong] = useState<string | null>(null)
  const act = useAct({
    run: (body: { current_password: string; new_password: string }) => ask(api.PUT('/api/v1/auth/password', { body })),
    done: t('account.passwordChanged'),
    refresh: [['sessions']],
    silent: true,
  })
  const refused = useFieldError(act.error)
  const isPresentWrong = act.error instanceof Problem && act.error.code === 'current_password_wrong'
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const element = event.currentTarget
    const form = new FormData(element)
    const [current_password, new_password] = [formText(form, 'current'), formText(form, 'new')]
    const same = new_password === form.get('repeated')
    setWrong(same ? null : t('signIn.notSame'))
    if (same) act.mutate({ current_password, new_password }, { onSuccess: () => element.reset() })
  }
  const toggle = { 'aria-label': t('signIn.showPassword') }
  return (
    <Section title={t('account.password')} about={t('account.passwordAbout')}>
      <form onSubmit={submit}>
        <Stack maw={420}>
          <PasswordInput
            name="current"
            label={t('account.currentPassword')}
            autoComplete="current-password"
            required
            withAsterisk={false}
            error={isPresentWrong ? refused : null}
            visibilityToggleButtonProps={toggle}
          />
          <PasswordInput
            name="new"
            label={t('signIn.newPassword')}
            description={t('signIn.passwordHint')}
            autoComplete="new-password"
            required
            withAsterisk={false}
            error={isPresentWrong ? null : refused}
            visibilityToggleButtonProps={toggle}
          />
          <PasswordInput
            name="repeated"
            label={t('signIn.repeat')}
            autoComplete="new-password"
            required
            withAsterisk={false}
            error={wrong}
            visibilityToggleButtonProps={toggle}
          />
          <Group>
            <Button type="submit" loading={act.isPending}>
              {t('account.changePassword')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  )
}

/** The browser and the system, out of the header that nobody can read. */
function deviceOf(agent: string | null): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari|curl|node)[/\s]?/.exec(agent ?? '')?.[1] ?? '—'
  const system = /(Windows|Android|iPhone|iPad|Mac OS|Linux)/.exec(agent ?? '')?.[1]
  return [browser.replace('Edg', 'Edge').replace('OPR', 'Opera'), system].filter(Boolean).join(', ')
}

function Sessions() {
  const { t } = useTranslation()
  const { moment, ago } = useFormat()
  const confirm = useConfirm()
  const query = useQuery({ queryKey: ['sessions'], queryFn: () => ask(api.GET('/api/v1/sessions')) })
  const end = useAct({
    run: (session_id: string) => ask(api.DELETE('/api/v1/sessions/{session_id}', { params: { path: { session_id } } })),
    done: t('account.sessionEnded'),
    refresh: [['sessions']],
  })
  const endOthers = useAct({
    run: () => ask(api.DELETE('/api/v1/sessions')),
    done: ({ revoked }) => t('account.sessionsEnded', { count: revoked }),
    refresh: [['sessions']],
  })
  const askAll = () =>
    confirm({
      title: t('account.endOthersTitle'),
      text: t('account.endOthersText'),
      action: t('account.endOthers'),
      run: () => endOthers.mutate(),
    })
  const others = query.data?.sessions.some((one) => !one.is_current) ?? false
  return (
    <Section
      title={t('account.sessions')}
      about={t('account.sessionsAbout')}
      actions={
        others ? (
          <Button variant="default" onClick={askAll}>
            {t('account.endOthers')}
          </Button>
        ) : null
      }
    >
      <Answer query={query} rows={3}>
        {({ sessions }) => (
          <Listing
            label={t('account.sessions')}
            rows={sessions}
            keyOf={(one) => one.id}
            empty={null}
            columns={[
              {
                label: t('account.device'),
                cell: (one) => (
                  <Text size="sm" title={one.user_agent ?? ''}>
                    {deviceOf(one.user_agent)}
                  </Text>
                ),
              },
              { label: t('account.address'), cell: (one) => one.ip_address ?? '—' },
              { label: t('account.since'), cell: (one) => moment(one.created_at) },
              { label: t('account.lastSeen'), cell: (one) => ago(one.last_activity) },
              {
                label: t('common.actions'),
                cell: (one) =>
                  one.is_current ? (
                    <State tone="good">{t('account.thisSession')}</State>
                  ) : (
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      color="red"
                      aria-label={t('account.endOf', { device: deviceOf(one.user_agent) })}
                      onClick={() =>
                        confirm({
                          title: t('account.endTitle'),
                          text: t('account.endText', { device: deviceOf(one.user_agent) }),
                          action: t('account.endSession'),
                          run: () => end.mutate(one.id),
                        })
                      }
                    >
                      {t('account.end')}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Answer>
    </Section>
  )
}

function Consents() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const query = useQuery({ queryKey: ['consents'], queryFn: () => ask(api.GET('/api/v1/consents')) })
  const revoke = useAct({
    run: (consent_id: string) => ask(api.DELETE('/api/v1/consents/{consent_id}', { params: { path: { consent_id } } })),
    done: t('account.consentRevoked'),
    refresh: [['consents']],
  })
  return (
    <Section title={t('account.consents')} about={t('account.consentsAbout')}>
      <Answer query={query} rows={2}>
        {({ consents }) => (
          <Listing
            label={t('account.consents')}
            rows={consents}
            keyOf={(one) => one.id}
            empty={<Empty title={t('account.noConsents')} />}
            columns={[
              { label: t('account.application'), cell: (one) => one.client_name ?? one.client_id },
              { label: t('account.scopes'), cell: (one) => one.scopes.join(', ') },
              { label: t('account.given'), cell: (one) => moment(one.given_at) },
              {
                label: t('common.actions'),
                cell: (one) => (
                  <EndButton
                    label={t('account.revoke')}
                    title={t('account.revokeTitle')}
                    text={t('account.revokeText', { name: one.client_name ?? one.client_id })}
                    run={() => revoke.mutate(one.id)}
                  />
                ),
              },
            ]}
          />
        )}
      </Answer>
    </Section>
  )
}
