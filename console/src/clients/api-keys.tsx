import { Badge, Button, Code, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask, onClient } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { SecretOnce, useConfirm } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'

export function ApiKeys({ uid }: { uid: string }) {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const may = useMay()
  const confirm = useConfirm()
  const [creating, setCreating] = useState(false)
  const [secret, setSecret] = useState<string | null>(null)
  const key = ['clients', uid, 'keys']
  const query = useQuery({ queryKey: key, queryFn: () => ask(api.GET('/api/v1/clients/me/api-keys', onClient(uid))) })
  const regenerate = useAct({
    run: () => ask(api.POST('/api/v1/clients/regenerate-key', onClient(uid))),
    refresh: [key],
    onDone: ({ data }) => setSecret(data.api_key),
  })
  const revoke = useAct({
    run: (id: string) =>
      ask(api.DELETE('/api/v1/clients/me/api-keys/{id}', { ...onClient(uid), params: { path: { id } } })),
    done: t('keys.revoked'),
    refresh: [key],
  })
  const manages = may('api-key:manage')
  const askRegenerate = () =>
    confirm({
      title: t('keys.regenerateTitle'),
      text: t('keys.regenerateText'),
      action: t('keys.regenerate'),
      run: () => regenerate.mutate(),
    })
  const askRevoke = (id: string, name: string) =>
    confirm({
      title: t('keys.revokeTitle', { name }),
      text: t('keys.revokeText'),
      action: t('keys.revoke'),
      run: () => revoke.mutate(id),
    })
  const hasPrimary = query.data?.data.some((one) => one.is_primary) ?? false
  const actions = manages ? (
    <>
      {hasPrimary ? (
        <Button variant="default" onClick={askRegenerate}>
          {t('keys.regenerate')}
        </Button>
      ) : null}
      <Button leftSection={<IconPlus size={18} />} onClick={() => setCreating(true)}>
        {t('keys.create')}
      </Button>
    </>
  ) : null
  return (
    <Section title={t('keys.title')} about={t('keys.about')} actions={actions}>
      <Answer query={query} rows={3}>
        {({ data }) => (
          <Listing
            label={t('keys.title')}
            rows={data}
            keyOf={(one) => one.id}
            empty={<Empty title={t('keys.none')}>{t('keys.noneMore')}</Empty>}
            columns={[
              {
                label: t('keys.name'),
                cell: (one) => (
                  <Group gap="xs">
                    {one.name}
                    {one.is_primary ? (
                      <Badge size="sm" variant="default" tt="none">
                        {t('keys.primary')}
                      </Badge>
                    ) : null}
                  </Group>
                ),
              },
              { label: t('keys.key'), cell: (one) => <Code>{one.hint}</Code> },
              { label: t('common.created'), cell: (one) => moment(one.created_at) },
              { label: t('keys.expires'), cell: (one) => (one.expires_at ? moment(one.expires_at) : t('keys.never')) },
              {
                label: t('common.actions'),
                cell: (one) =>
                  manages && !one.is_primary ? (
                    <Button size="compact-sm" variant="subtle" color="red" onClick={() => askRevoke(one.id, one.name)}>
                      {t('keys.revoke')}
                    </Button>
                  ) : null,
              },
            ]}
          />
        )}
      </Answer>
      <CreateKey uid={uid} opened={creating} onClose={() => setCreating(false)} onCreated={setSecret} />
      <SecretOnce title={t('keys.title')} secret={secret} onClose={() => setSecret(null)} />
    </Section>
  )
}

type Given = { uid: string; opened: boolean; onClose: () => void; onCreated: (key: string | null) => void }

function CreateKey({ uid, opened, onClose, onCreated }: Given) {
  const { t } = useTranslation()
  const act = useAct({
    run: (body: { name: string; expires_at: string | null }) =>
      ask(api.POST('/api/v1/clients/me/api-keys', { ...onClient(uid), body })),
    refresh: [['clients', uid, 'keys']],
    onDone: ({ data }) => {
      onClose()
      onCreated(data.api_key ?? null)
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const until = formText(form, 'until')
    act.mutate({
      name: formText(form, 'name'),
      expires_at: until ? new Date(`${until}T23:59:59`).toISOString() : null,
    })
  }
  return (
    <Dialog opened={opened} onClose={onClose} title={t('keys.create')}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t('keys.createText')}</Text>
          <TextInput
            name="name"
            label={t('keys.name')}
            description={t('keys.nameHint')}
            required
            maxLength={100}
            data-autofocus
          />
          <TextInput name="until" type="date" label={t('keys.expires')} description={t('keys.expiresHint')} />
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {t('action.create')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
