import { Checkbox, Group, Select, SimpleGrid, Stack, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMe } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { Failure } from '../parts/states.tsx'
import type { Application, Values } from './registration.ts'
import { bodyOf, grants, methods, needsSecret, newSecret, register, valuesOf } from './registration.ts'

type Given = {
  application?: Application
  onClose: () => void
  onMade?: (made: { id: string; secret: string | null }) => void
}

/** Registers an application, or changes one. Its secret is made here, and shown once. */
export function ApplicationForm({ application, onClose, onMade }: Given) {
  const { t } = useTranslation()
  const me = useMe()
  const form = useForm({
    initialValues: valuesOf(application),
    validate: {
      grants: (value) => (value.length === 0 ? t('form.required') : null),
      redirectUris: (value, values) =>
        values.grants.includes('authorization_code') && value.trim() === '' ? t('form.required') : null,
    },
  })
  const { values } = form
  const act = useAct({
    run: async (given: Values) => {
      const becomesSecret = needsSecret(given.method) && !application?.clientSecret
      const secret = becomesSecret ? newSecret() : null
      if (!application) return { id: await register(given, secret), secret }
      const body = { id: application.id, ...bodyOf(given, application, secret) }
      await ask(api.POST('/oauth2-service/api/oauth2-clients/updateClient', { body }))
      return { id: application.id, secret }
    },
    done: application ? t('common.saved') : t('applications.created'),
    refresh: [['applications']],
    onDone: (made) => {
      onClose()
      onMade?.(made)
    },
    silent: true,
  })
  const scopes = [
    'openid',
    'profile',
    'email',
    'offline_access',
    ...(me?.permissions ?? []).filter((one) => one !== '*'),
  ]
  return (
    <Dialog opened onClose={onClose} title={application ? t('applications.edit') : t('applications.create')} size="lg">
      <form onSubmit={form.onSubmit((given) => act.mutate(given))}>
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput
              label={t('applications.name')}
              required
              maxLength={255}
              data-autofocus
              {...form.getInputProps('clientName')}
            />
            <TextInput
              label={t('applications.clientId')}
              description={t('applications.clientIdHint')}
              required
              maxLength={100}
              {...form.getInputProps('clientId')}
            />
          </SimpleGrid>
          <Checkbox.Group label={t('applications.grants')} {...form.getInputProps('grants')}>
            <Group mt={6}>
              {grants.map((one) => (
                <Checkbox key={one} value={one} label={t(`applications.grant.${one}`)} />
              ))}
            </Group>
          </Checkbox.Group>
          <Select
            label={t('applications.methods')}
            data={methods.map((one) => ({ value: one, label: t(`applications.method.${one}`) }))}
            allowDeselect={false}
            {...form.getInputProps('method')}
          />
          {values.grants.includes('authorization_code') ? (
            <>
              <Textarea
                label={t('applications.redirects')}
                description={t('applications.redirectsHint')}
                required
                autosize
                minRows={2}
                {...form.getInputProps('redirectUris')}
              />
              <Textarea
                label={t('applications.logoutRedirects')}
                autosize
                minRows={1}
                {...form.getInputProps('postLogoutRedirectUris')}
              />
              <Checkbox label={t('applications.proofKey')} {...form.getInputProps('proofKey', { type: 'checkbox' })} />
              <Checkbox label={t('applications.consent')} {...form.getInputProps('consent', { type: 'checkbox' })} />
            </>
          ) : null}
          <TagsInput
            label={t('applications.scopes')}
            description={t('applications.scopesHint')}
            data={scopes}
            splitChars={[',', ' ']}
            {...form.getInputProps('scopes')}
          />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput label={t('applications.accessTime')} placeholder="900" {...form.getInputProps('accessTime')} />
            <TextInput
              label={t('applications.refreshTime')}
              placeholder="604800"
              {...form.getInputProps('refreshTime')}
            />
          </SimpleGrid>
          {act.error ? <Failure error={act.error} /> : null}
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {application ? t('action.save') : t('action.create')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
