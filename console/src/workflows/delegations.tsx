import { Button, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay, useMe } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { EndButton } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import { SearchedChoice } from '../parts/searched-choice.tsx'
import { Answer } from '../parts/states.tsx'
import { activeUsers, useUserNames } from '../people/user-source.ts'

const refresh = [['delegations'], ['approvals']]

/** Somebody else decides for the user as long as that lasts. */
export function Delegations() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const me = useMe()
  const [creating, setCreating] = useState(false)
  const query = useQuery({
    queryKey: ['delegations'],
    queryFn: () => ask(api.GET('/api/v1/workflows/delegations')),
  })
  const end = useAct({
    run: (delegation_id: string) =>
      ask(api.DELETE('/api/v1/workflows/delegations/{delegation_id}', { params: { path: { delegation_id } } })),
    done: t('approvals.delegationEnded'),
    refresh,
  })
  const userName = useUserNames((query.data?.delegations ?? []).flatMap((one) => [one.from_user, one.to_user]))
  const nameOf = (id: string) => (id === me?.user.id ? t('approvals.me') : userName(id))
  return (
    <Section
      title={t('approvals.delegations')}
      about={t('approvals.delegationsAbout')}
      actions={
        <Button variant="default" onClick={() => setCreating(true)}>
          {t('approvals.delegate')}
        </Button>
      }
    >
      <Answer query={query} rows={1}>
        {({ delegations }) => (
          <Listing
            label={t('approvals.delegations')}
            rows={delegations}
            keyOf={(one) => one.id}
            empty={
              <Text size="sm" c="dimmed">
                {t('approvals.noDelegations')}
              </Text>
            }
            columns={[
              { label: t('approvals.from'), cell: (one) => nameOf(one.from_user) },
              { label: t('approvals.to'), cell: (one) => nameOf(one.to_user) },
              { label: t('approvals.starts'), cell: (one) => moment(one.starts_at) },
              { label: t('approvals.ends'), cell: (one) => moment(one.ends_at) },
              {
                label: t('common.actions'),
                cell: (one) =>
                  one.from_user === me?.user.id ? (
                    <EndButton
                      label={t('approvals.endDelegation')}
                      title={t('approvals.endDelegationTitle')}
                      text={t('approvals.endDelegationText', { name: nameOf(one.to_user) })}
                      run={() => end.mutate(one.id)}
                    />
                  ) : null,
              },
            ]}
          />
        )}
      </Answer>
      {creating ? <Delegate onClose={() => setCreating(false)} /> : null}
    </Section>
  )
}

/** Who knows other users' names may choose one; others type the id that a colleague gave them. */
function Delegate({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const mayChoose = useMay()('user:view')
  const [chosen, setChosen] = useState<string | null>(null)
  const act = useAct({
    run: (body: { to_user: string; ends_at: string }) => ask(api.POST('/api/v1/workflows/delegations', { body })),
    done: t('approvals.delegated'),
    refresh,
    onDone: onClose,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const to = mayChoose ? chosen : formText(form, 'user').trim()
    // Until the end of the day that was chosen, where the user is.
    const ends = new Date(`${formText(form, 'day')}T23:59:59`)
    if (to) act.mutate({ to_user: to, ends_at: ends.toISOString() })
  }
  return (
    <Dialog opened onClose={onClose} title={t('approvals.delegate')}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t('approvals.delegateText')}</Text>
          {mayChoose ? (
            <SearchedChoice
              source={activeUsers}
              label={t('approvals.to')}
              value={chosen}
              onChange={setChosen}
              required
              autofocus
            />
          ) : (
            <TextInput name="user" label={t('approvals.userId')} required data-autofocus />
          )}
          <TextInput name="day" type="date" label={t('approvals.lastDay')} required />
          <FormEnd onCancel={onClose} isPending={act.isPending} isDisabled={mayChoose && chosen === null}>
            {t('approvals.delegate')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
