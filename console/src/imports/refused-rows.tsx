import { Button, Stack, Text } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { beginningOf, download } from '../api/client.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import type { Import } from './import-states.tsx'
import { readRefused } from './refused-file.ts'

const mostShown = 50

/** The rows that were refused and why; the last three columns of the file are ours. */
export function RefusedRows({ one }: { one: Import }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const query = useQuery({
    queryKey: ['imports', 'refused', one.import_id],
    queryFn: async () => readRefused(await beginningOf(one.refused_rows_url ?? '', 256 * 1024), mostShown),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Section title={t('imports.seeRefused')} about={t('imports.seeRefusedMore')} actions={<RefusedFile one={one} />}>
      <Answer query={query} rows={4}>
        {({ rows }) => (
          <Stack gap="xs">
            <Listing
              label={t('imports.seeRefused')}
              rows={rows.slice(0, mostShown)}
              keyOf={(row) => row.join('\u0001')}
              empty={null}
              columns={[
                { label: t('imports.row'), cell: (row) => row.at(-3) },
                { label: t('imports.column'), cell: (row) => row.at(-2) || '—' },
                { label: t('imports.reason'), cell: (row) => row.at(-1) },
                {
                  label: t('imports.details'),
                  cell: (row) => (
                    <Text size="xs" lineClamp={2}>
                      {row.slice(0, -3).filter(Boolean).join(' · ')}
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
