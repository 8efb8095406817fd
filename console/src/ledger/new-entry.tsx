import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Page } from '../parts/page.tsx'
import { EntryForm } from './entry-form.tsx'

export function NewEntry() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  return (
    <Page title={t('entries.create')} back={{ to: '/entries', title: t('entries.title') }}>
      <EntryForm
        save={(body) => ask(api.POST('/api/v1/accounting-entries', { body }))}
        done={t('entries.created')}
        onDone={({ id }) => void navigate({ to: `/entries/${id}` })}
        onCancel={() => void navigate({ to: '/entries' })}
      />
    </Page>
  )
}
