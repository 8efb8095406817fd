import { Checkbox, Stack, TagsInput, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useAct } from '../parts/act.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { eventTypes } from './event-types.ts'

export type Endpoint = {
  pk: number
  client_uid: string | null
  url: string
  description: string | null
  eventTypes: string[] | null
  ofAllClients: boolean
}

/** As the server takes it: `profile.created`, `profile.*`. */
const eventName = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\.(\*|[a-z][a-z0-9_]*)$/

type Given = {
  opened: boolean
  onClose: () => void
  /** What is changed; absent: a new one. */
  endpoint?: Endpoint
  /** Of a new one, shown once. */
  onSecret?: (secret: string | null) => void
}

export function WebhookForm({ opened, onClose, endpoint, onSecret }: Given) {
  const { t } = useTranslation()
  const form = useForm({
    initialValues: {
      url: endpoint?.url ?? '',
      description: endpoint?.description ?? '',
      types: endpoint?.eventTypes ?? [],
      ofAllClients: endpoint?.ofAllClients ?? true,
    },
    transformValues: (values) => ({ ...values, types: values.types.map((one) => one.trim()) }),
    validate: {
      url: (value) => (URL.canParse(value) && /^https?:/.test(value) ? null : t('form.url')),
      types: (value) => (value.every((one) => eventName.test(one.trim())) ? null : t('webhooks.eventsWrong')),
    },
  })
  const act = useAct({
    run: async ({ url, description, types, ofAllClients }: typeof form.values) => {
      const body = {
        url,
        description: description || null,
        eventTypes: types.length > 0 ? types : null,
        ofAllClients,
      }
      if (!endpoint) return (await ask(api.POST('/api/v1/webhooks/configure/', { body }))).data.secret
      const path = { pk: endpoint.pk }
      await ask(api.PATCH('/api/v1/webhooks/{pk}/', { params: { path }, body }))
      return null
    },
    done: endpoint ? t('common.saved') : t('webhooks.created'),
    refresh: [['webhooks']],
    onDone: (secret) => {
      onClose()
      if (endpoint) return
      form.reset()
      onSecret?.(secret)
    },
  })
  return (
    <Dialog opened={opened} onClose={onClose} title={endpoint ? t('webhooks.edit') : t('webhooks.create')}>
      <form onSubmit={form.onSubmit((values) => act.mutate(values))}>
        <Stack>
          <TextInput
            type="url"
            label={t('webhooks.address')}
            placeholder="https://example.com/hooks"
            required
            data-autofocus
            {...form.getInputProps('url')}
          />
          <TextInput label={t('common.description')} maxLength={200} {...form.getInputProps('description')} />
          <TagsInput
            label={t('webhooks.events')}
            description={t('webhooks.eventsHint')}
            placeholder={form.values.types.length > 0 ? '' : t('webhooks.allEvents')}
            data={[
              { group: t('clients.title'), items: eventTypes.clients },
              { group: t('profiles.title'), items: eventTypes.profiles },
              { group: t('nav.books'), items: eventTypes.books },
              { group: t('nav.data'), items: eventTypes.data },
              { group: t('nav.administration'), items: eventTypes.administration },
            ].map(({ group, items }) => ({ group, items: [...items] }))}
            splitChars={[',', ' ']}
            acceptValueOnBlur
            maxDropdownHeight={260}
            {...form.getInputProps('types')}
          />
          {endpoint?.client_uid ? null : (
            <Checkbox
              label={t('webhooks.ofAllClients')}
              {...form.getInputProps('ofAllClients', { type: 'checkbox' })}
            />
          )}
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {endpoint ? t('action.save') : t('action.create')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
