import { Group, Select } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, aside, Empty, NoneFits } from '../parts/states.tsx'
import { Standing } from './standing.tsx'
import { ExecutionState, executionStatuses } from './states.tsx'
import { useWords } from './words.ts'

/** What has run and what runs; it moves by itself while something is under way. */
export function Executions() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const { triggerName } = useWords()
  const [search, change] = useSearchState()
  const status = executionStatuses.find((one) => one === search.status)
  const query = useQuery({
    queryKey: ['executions', 'list', search],
    queryFn: () => {
      const given = {
        limit: 25,
        ...(status ? { status } : {}),
        ...(search.workflow ? { workflow_id: search.workflow } : {}),
        ...(search.after ? { cursor: search.after } : {}),
      }
      return ask(api.GET('/api/v1/workflows/executions', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.executions.some((one) => one.status === 'running') ? 2000 : 15_000),
  })
  const workflows = useQuery({ queryKey: ['workflows'], meta: aside, queryFn: () => ask(api.GET('/api/v1/workflows')) })
  return (
    <Page
      title={t('executions.title')}
      about={t('executions.about')}
      back={{ to: '/workflows', title: t('workflows.title') }}
    >
      <Group align="flex-end">
        <Select
          label={t('workflows.one')}
          placeholder={t('common.all')}
          clearable
          data={(workflows.data?.workflows ?? []).map((one) => ({ value: one.id, label: one.name }))}
          value={search.workflow ?? null}
          onChange={(workflow) => change({ workflow: workflow ?? undefined, after: undefined })}
        />
        <Select
          label={t('common.state')}
          placeholder={t('common.all')}
          clearable
          data={executionStatuses.map((one) => ({ value: one, label: t(`executions.${one}`) }))}
          value={status ?? null}
          onChange={(wanted) => change({ status: wanted ?? undefined, after: undefined })}
        />
      </Group>
      <Answer query={query} rows={8}>
        {({ executions, next_cursor }) => (
          <>
            <Listing
              label={t('executions.title')}
              rows={executions}
              keyOf={(one) => one.id}
              link={(one) => `/executions/${one.id}`}
              empty={
                status || search.workflow ? (
                  <NoneFits />
                ) : (
                  <Empty title={t('executions.none')}>{t('executions.noneMore')}</Empty>
                )
              }
              columns={[
                { label: t('workflows.one'), cell: (one) => one.workflow_name },
                { label: t('executions.subject'), cell: (one) => one.entity_id ?? '—' },
                { label: t('common.state'), cell: (one) => <ExecutionState status={one.status} /> },
                {
                  label: t('executions.stands'),
                  cell: (one) => <Standing of={one} />,
                },
                { label: t('workflows.starts'), cell: (one) => triggerName(one.trigger) },
                { label: t('executions.began'), cell: (one) => moment(one.started_at) },
              ]}
            />
            <NextPage next={next_cursor} />
          </>
        )}
      </Answer>
    </Page>
  )
}
