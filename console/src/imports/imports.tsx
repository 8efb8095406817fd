import { Button, Group, Progress, Text } from '@mantine/core'
import { IconFileImport } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { ImportState, useEntities } from './import-states.tsx'

/** The history of imports; those under way move. */
export function Imports() {
  const { t } = useTranslation()
  const { moment, number } = useFormat()
  const { nameOf } = useEntities()
  const may = useMay()
  const [search] = useSearchState()
  const query = useQuery({
    queryKey: ['imports', 'list', search],
    queryFn: () => {
      const given = { limit: 25, ...(search.after ? { after: search.after } : {}) }
      return ask(api.GET('/api/v1/import', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.imports.some((one) => one.status === 'processing') ? 2000 : false),
  })
  const create = may('import:run') ? (
    <Button component={Link} to="/imports/new" leftSection={<IconFileImport size={18} />}>
      {t('imports.create')}
    </Button>
  ) : null
  return (
    <Page
      title={t('imports.title')}
      about={t('imports.about')}
      actions={
        <>
          {may('import-template:view') ? (
            <Button variant="default" component={Link} to="/imports/templates">
              {t('imports.templates')}
            </Button>
          ) : null}
          {create}
        </>
      }
    >
      <Answer query={query} rows={8}>
        {({ imports, next_after }) => (
          <>
            <Listing
              label={t('imports.title')}
              rows={imports}
              keyOf={(one) => one.import_id}
              link={(one) => `/imports/${one.import_id}`}
              empty={
                <Empty title={t('imports.none')} action={create}>
                  {t('imports.noneMore')}
                </Empty>
              }
              columns={[
                { label: t('imports.what'), cell: (one) => nameOf(one.entity_type) },
                { label: t('common.created'), cell: (one) => moment(one.created_at) },
                {
                  label: t('common.state'),
                  cell: (one) =>
                    one.status === 'processing' && !one.queued ? (
                      <Group gap="xs" wrap="nowrap" miw={130}>
                        <Progress value={one.percent} flex={1} aria-label={t('imports.live')} />
                        <Text size="xs" className="figure-number">
                          {number(one.percent, { maximumFractionDigits: 0 })} %
                        </Text>
                      </Group>
                    ) : (
                      <ImportState one={one} />
                    ),
                },
                { label: t('imports.written'), cell: (one) => number(one.rows_written), atEnd: true },
                { label: t('imports.refused'), cell: (one) => number(one.rows_refused), atEnd: true },
              ]}
            />
            <NextPage next={next_after} />
          </>
        )}
      </Answer>
    </Page>
  )
}
