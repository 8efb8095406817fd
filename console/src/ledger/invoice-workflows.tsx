import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import { aside } from '../parts/states.tsx'
import { Standing } from '../workflows/standing.tsx'
import { ExecutionState } from '../workflows/states.tsx'

const mostShown = 5

/** The newest executions about an invoice: whoever is about to approve it by hand sees that somebody else was asked to. */
export function InvoiceWorkflows({ invoiceId }: { invoiceId: string }) {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const { data } = useQuery({
    queryKey: ['executions', 'about', invoiceId],
    meta: aside,
    queryFn: () => {
      const query = { entity_id: invoiceId, limit: mostShown }
      return ask(api.GET('/api/v1/workflows/executions', { params: { query } }))
    },
  })
  if (!data || data.executions.length === 0) return null
  return (
    <Section title={t('executions.aboutThis')}>
      <Listing
        label={t('executions.aboutThis')}
        rows={data.executions}
        keyOf={(one) => one.id}
        link={(one) => `/executions/${one.id}`}
        empty={null}
        columns={[
          { label: t('workflows.one'), cell: (one) => one.workflow_name },
          { label: t('common.state'), cell: (one) => <ExecutionState status={one.status} /> },
          {
            label: t('executions.stands'),
            cell: (one) => <Standing of={one} />,
          },
          { label: t('executions.began'), cell: (one) => moment(one.started_at) },
        ]}
      />
    </Section>
  )
}
