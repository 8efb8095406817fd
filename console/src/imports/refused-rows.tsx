import { Button, Stack, Text } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask, download } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import { useRowFaultText } from '../parts/problem-text.ts'
import { Answer } from '../parts/states.tsx'
import type { Import } from './import-states.tsx'

type Row =
  Paths['/api/v1/import/{import_id}/refused-rows']['get']['responses'][200]['content']['application/json']['rows'][number]

/** The first rows that were refused, and why. */
export function RefusedRows({ one }: { one: Import }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const query = useQuery({
    queryKey: ['imports', 'refused', one.import_id],
    queryFn: () =>
      ask(api.GET('/api/v1/import/{import_id}/refused-rows', { params: { path: { import_id: one.import_id } } })),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Section title={t('imports.seeRefused')} about={t('imports.seeRefusedMore')} actions={<RefusedFile one={one} />}>
      <Answer query={query} rows={4}>
        {({ rows }) => (
          <Stack gap="xs">
            <Listing
              label={t('imports.seeRefused')}
              rows={rows}
              keyOf={(row) => String(row.row)}
              empty={null}
              columns={[
                { label: t('imports.row'), cell: (row) => number(row.row) },
                { label: t('imports.column'), cell: (row) => row.faults[0]?.field ?? '—' },
                { label: t('imports.reason'), cell: ({ faults }) => <Reasons faults={faults} /> },
                {
                  label: t('imports.details'),
                  cell: (row) => (
                    <Text size="xs" lineClamp={2}>
                      {Object.values(row.cells).filter(Boolean).join(' · ')}
                    </Text>
                  ),
                },
              ]}
            />
            {one.rows_refused > rows.length ? (
              <Text size="sm" c="dimmed">
                {t('imports.moreRefused', { shown: number(rows.length) })}
              </Text>
            ) : null}
          </Stack>
        )}
      </Answer>
    </Section>
  )
}

/** All that is wrong with a row; what concerns another column than the first fault names it. */
function Reasons({ faults }: Pick<Row, 'faults'>) {
  const { t } = useTranslation()
  const tell = useRowFaultText()
  return faults.map((one) => {
    const isFirst = one.field === faults[0]?.field || one.field === null
    const text = isFirst ? tell(one) : t('imports.reasonOf', { column: one.field, reason: tell(one) })
    return <div key={`${one.field} ${one.message}`}>{text}</div>
  })
}

function RefusedFile({ one }: { one: Import }) {
  const { t } = useTranslation()
  const save = useAct({ run: (url: string) => download(url, `${one.import_id}.csv`) })
  const url = one.refused_rows_url
  if (!url) return null
  return (
    <Button
      variant="default"
      leftSection={<IconDownload size={18} />}
      loading={save.isPending}
      onClick={() => save.mutate(url)}
    >
      {t('imports.refusedFile')}
    </Button>
  )
}
