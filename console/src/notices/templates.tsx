import { Button, Stack, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { State } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { useCategoryName } from './notice-lines.tsx'

export function NoticeTemplates() {
  const { t } = useTranslation()
  const { list, moment } = useFormat()
  const categoryName = useCategoryName()
  const may = useMay()
  const [creating, setCreating] = useState(false)
  const query = useQuery({
    queryKey: ['notification-templates'],
    queryFn: () => ask(api.GET('/api/v1/notifications/templates')),
  })
  return (
    <Page
      title={t('noticeTemplates.title')}
      about={t('noticeTemplates.about')}
      back={{ to: '/notifications', title: t('notices.title') }}
      actions={
        may('notification:manage') ? (
          <Button leftSection={<IconPlus size={18} />} onClick={() => setCreating(true)}>
            {t('noticeTemplates.create')}
          </Button>
        ) : null
      }
    >
      <Answer query={query}>
        {({ templates }) => (
          <Listing
            label={t('noticeTemplates.title')}
            rows={templates}
            keyOf={(one) => one.id}
            link={(one) => `/notifications/templates/${one.id}`}
            empty={<Empty title={t('noticeTemplates.none')} />}
            columns={[
              { label: t('noticeTemplates.name'), cell: (one) => one.name },
              { label: t('noticeTemplates.category'), cell: (one) => categoryName(one.category) },
              {
                label: t('noticeTemplates.channels'),
                cell: (one) => list(one.channels.map((channel) => t(`channel.${channel}`))),
              },
              {
                label: t('noticeTemplates.version'),
                cell: (one) =>
                  one.version === 0 ? (
                    <State tone="plain">{t('noticeTemplates.platform')}</State>
                  ) : (
                    <State tone="info">{t('noticeTemplates.own', { version: one.version })}</State>
                  ),
              },
              { label: t('common.changed'), cell: (one) => moment(one.updated_at) },
            ]}
          />
        )}
      </Answer>
      {creating ? <Create onClose={() => setCreating(false)} /> : null}
    </Page>
  )
}

/** Only its identifier is asked for; the rest is written on its own page. */
function Create({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void navigate({ to: `/notifications/templates/${formText(new FormData(event.currentTarget), 'id')}` })
  }
  return (
    <Dialog opened onClose={onClose} title={t('noticeTemplates.create')}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            name="id"
            label={t('noticeTemplates.id')}
            description={t('noticeTemplates.idHint')}
            required
            maxLength={64}
            pattern="[a-z][a-z0-9_]*"
            data-autofocus
          />
          <FormEnd onCancel={onClose}>{t('mfa.continue')}</FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
