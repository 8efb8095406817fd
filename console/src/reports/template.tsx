import { Button, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { Page } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import { useTemplateName, useTemplates } from './report-choice.tsx'
import { TemplateEditor } from './template-editor.tsx'

const templateQuery = (id: string) => ({
  queryKey: ['report-templates', id],
  queryFn: () => ask(api.GET('/api/v1/reports/templates/{template_id}', { params: { path: { template_id: id } } })),
})

/** One of one's own begins as a copy of another. */
export function NewReportTemplate() {
  const { t } = useTranslation()
  const nameOf = useTemplateName()
  const navigate = useNavigate()
  const [search, change] = useSearchState()
  const from = search.from ?? 'monthly_sales'
  const templates = useTemplates()
  const query = useQuery(templateQuery(from))
  return (
    <Page
      title={t('reportTemplates.create')}
      about={t('reportTemplates.createAbout')}
      back={{ to: '/reports/templates', title: t('reportTemplates.title') }}
    >
      <Select
        label={t('reportTemplates.from')}
        maw={420}
        allowDeselect={false}
        data={(templates.data?.templates ?? []).map((one) => ({ value: one.id, label: nameOf(one.name, one.id) }))}
        value={from}
        onChange={(id) => change({ from: id ?? undefined }, { replace: true })}
      />
      <Answer query={query}>
        {(template) => (
          <TemplateEditor
            key={template.id}
            template={template}
            id={null}
            onSaved={(id) => void navigate({ to: `/reports/templates/${id}` })}
          />
        )}
      </Answer>
    </Page>
  )
}

export function ReportTemplateScreen() {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const nameOf = useTemplateName()
  const { id = '' } = useParams({ strict: false })
  const query = useQuery(templateQuery(id))
  const remove = useAct({
    run: () => ask(api.DELETE('/api/v1/reports/templates/{template_id}', { params: { path: { template_id: id } } })),
    done: t('reportTemplates.removed'),
    refresh: [['report-templates']],
    onDone: () => void navigate({ to: '/reports/templates' }),
  })
  const template = query.data
  const askRemove = () =>
    confirm({
      title: t('reportTemplates.removeTitle'),
      text: t('reportTemplates.removeText'),
      action: t('action.delete'),
      run: () => remove.mutate(),
    })
  const actions =
    template && may('report:manage') ? (
      <>
        <Button variant="default" component={Link} to={`/reports/templates/new?from=${id}`}>
          {t('reportTemplates.copy')}
        </Button>
        {template.built_in ? null : (
          <Button variant="default" c="var(--mantine-color-error)" onClick={askRemove} loading={remove.isPending}>
            {t('action.delete')}
          </Button>
        )}
      </>
    ) : null
  return (
    <Page
      title={nameOf(template?.name, id)}
      about={template?.description ? nameOf(template.description, '') : null}
      back={{ to: '/reports/templates', title: t('reportTemplates.title') }}
      actions={actions}
    >
      <Answer query={query}>
        {(found) => <TemplateEditor key={found.updated_at ?? id} template={found} id={id} onSaved={() => undefined} />}
      </Answer>
    </Page>
  )
}
