import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { Page } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import type { Template } from './template-form.tsx'
import { TemplateForm } from './template-form.tsx'

const fresh = (id: string): Template => ({
  id,
  version: 0,
  updated_at: null,
  name: '',
  category: 'general',
  channels: ['email', 'in_app'],
  variables: [],
  texts: { fr: { title: '', body: '' }, en: { title: '', body: '' } },
})

/** One template: the platform's, the account's own, or one that is being written. */
export function NoticeTemplateScreen() {
  const { t } = useTranslation()
  const may = useMay()
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: ['notification-templates', id],
    queryFn: async (): Promise<Template & { isNew?: boolean }> => {
      const path = { template_id: id }
      try {
        return await ask(api.GET('/api/v1/notifications/templates/{template_id}', { params: { path } }))
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 404 || !may('notification:manage')) throw error
        return { ...fresh(id), isNew: true }
      }
    },
  })
  const template = query.data
  return (
    <Page
      title={template?.name || id}
      back={{ to: '/notifications/templates', title: t('noticeTemplates.title') }}
      actions={template && template.version > 0 && may('notification:manage') ? <Remove template={template} /> : null}
    >
      <Answer query={query} rows={8}>
        {(found) => <TemplateForm key={`${found.id} ${found.version}`} template={found} />}
      </Answer>
    </Page>
  )
}

function Remove({ template }: { template: Template }) {
  const { t } = useTranslation()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const act = useAct({
    run: () =>
      ask(
        api.DELETE('/api/v1/notifications/templates/{template_id}', {
          params: { path: { template_id: template.id } },
        }),
      ),
    done: t('noticeTemplates.removed'),
    refresh: [['notification-templates']],
    onDone: () => void navigate({ to: '/notifications/templates' }),
  })
  return (
    <Button
      variant="default"
      c="var(--mantine-color-error)"
      onClick={() =>
        confirm({
          title: t('noticeTemplates.removeTitle'),
          text: `${t('noticeTemplates.resetText')} ${t('noticeTemplates.removeText')}`,
          action: t('action.delete'),
          run: () => act.mutate(),
        })
      }
    >
      {t('action.delete')}
    </Button>
  )
}
