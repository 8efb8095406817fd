import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useAct } from '../parts/act.tsx'
import { EndButton } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { useRoleName } from './role-names.ts'

/** Those that nobody has accepted yet. */
export function Invitations() {
  const { t } = useTranslation()
  const called = useRoleName()
  const { moment, list } = useFormat()
  const query = useQuery({ queryKey: ['invitations'], queryFn: () => ask(api.GET('/api/v1/users/invitations')) })
  const revoke = useAct({
    run: (invitation_id: string) =>
      ask(api.DELETE('/api/v1/users/invitations/{invitation_id}', { params: { path: { invitation_id } } })),
    done: t('users.invitationRevoked'),
    refresh: [['invitations']],
  })
  return (
    <Section title={t('users.invitations')} about={t('users.invitationsAbout')}>
      <Answer query={query} rows={2}>
        {({ invitations }) => (
          <Listing
            label={t('users.invitations')}
            rows={invitations}
            keyOf={(one) => one.id}
            empty={<Empty title={t('users.noInvitations')} />}
            columns={[
              { label: t('signIn.email'), cell: (one) => one.email },
              { label: t('users.roles'), cell: (one) => list(one.roles.map(called)) },
              { label: t('users.expires'), cell: (one) => moment(one.expires_at) },
              {
                label: t('common.actions'),
                cell: (one) => (
                  <EndButton
                    label={t('users.revoke')}
                    title={t('users.revokeTitle')}
                    text={t('users.revokeText', { email: one.email })}
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
