import { Badge, Button, Group, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../app/me.ts'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { useTemplateName, useTemplates } from './report-choice.tsx'

/** What there are reports of: the built-in templates and the tenant's own. */
export function ReportTemplates() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const may = useMay()
  const nameOf = useTemplateName()
  const query = useTemplates()
  const create = may('report:manage') ? (
    <Button component={Link} to="/reports/templates/new" leftSection={<IconPlus size={18} />}>
      {t('reportTemplates.create')}
    </Button>
  ) : null
  return (
    <Page
      title={t('reportTemplates.title')}
      about={t('reportTemplates.about')}
      back={{ to: '/reports', title: t('reports.title') }}
      actions={create}
    >
      <Answer query={query}>
        {({ templates }) => (
          <Listing
            label={t('reportTemplates.title')}
            rows={templates}
            keyOf={(one) => one.id}
            link={(one) => `/reports/templates/${one.id}`}
            empty={<Empty title={t('reportTemplates.none')} action={create} />}
            columns={[
              { label: t('schedules.name'), cell: (one) => nameOf(one.name, one.id) },
              {
                label: t('common.description'),
                cell: (one) => (
                  <Text size="sm" c="dimmed">
                    {nameOf(one.description ?? undefined, '—')}
                  </Text>
                ),
              },
              {
                label: t('reportTemplates.kind'),
                cell: (one) => (
                  <Group gap="xs">
                    <Badge variant="default" tt="none">
                      {one.built_in ? t('roles.isBuiltIn') : t('reportTemplates.own')}
                    </Badge>
                  </Group>
                ),
              },
              { label: t('common.changed'), cell: (one) => moment(one.updated_at) },
            ]}
          />
        )}
      </Answer>
    </Page>
  )
}
