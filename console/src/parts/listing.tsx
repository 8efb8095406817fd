import { Anchor, Box, Button, Group, Pagination, Paper, Table, Text } from '@mantine/core'
import { IconArrowLeft, IconArrowRight } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchState } from '../app/location.ts'
import { useFormat } from './format.ts'

export type Column<Row> = {
  label: string
  cell: (row: Row) => ReactNode
  /** Numbers and amounts stand at the end of their column. */
  atEnd?: boolean
}

type Given<Row> = {
  label: string
  rows: readonly Row[]
  columns: readonly Column<Row>[]
  keyOf: (row: Row) => string | number
  /** Where the first cell leads. */
  link?: (row: Row) => string
  /** What stands instead of no rows. */
  empty: ReactNode
}

/** Rows of one kind: a table, and on a phone one block a row. */
export function Listing<Row>({ label, rows, columns, keyOf, link, empty }: Given<Row>) {
  if (rows.length === 0) return <>{empty}</>
  return (
    <Paper withBorder p={0} style={{ overflow: 'hidden' }}>
      <Table className="listing" highlightOnHover verticalSpacing="sm" horizontalSpacing="md" aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.label} className={column.atEnd ? 'end' : ''} scope="col">
                {column.label}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={keyOf(row)}>
              {columns.map((column, index) => (
                <Table.Td key={column.label} data-label={column.label} className={column.atEnd ? 'end' : ''}>
                  {index === 0 && link ? (
                    <Anchor component={Link} to={link(row)} fw={550} size="sm">
                      {column.cell(row)}
                    </Anchor>
                  ) : (
                    <Box>{column.cell(row)}</Box>
                  )}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  )
}

/** Pages by number; the page stands in the address. */
export function Pages({ total, size }: { total: number; size: number }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const [search, change] = useSearchState()
  const pages = Math.max(1, Math.ceil(total / size))
  return (
    <Group justify="space-between">
      <Text size="sm" c="dimmed">
        {t('list.total', { count: total, shown: number(total) })}
      </Text>
      {pages > 1 ? (
        <Pagination
          total={pages}
          value={Number(search.page ?? 1)}
          onChange={(page) => change({ page: page === 1 ? undefined : String(page) })}
          getItemProps={(page) => ({ 'aria-label': t('list.page', { page }) })}
          getControlProps={(control) => ({ 'aria-label': t(`list.${control}`) })}
        />
      ) : null}
    </Group>
  )
}

/** Lists that know only what comes next; going back is the browser's. */
export function NextPage({ next, name = 'after' }: { next: string | null; name?: string }) {
  const { t } = useTranslation()
  const [search, change] = useSearchState()
  if (!next && !search[name]) return null
  return (
    <Group justify="flex-end">
      {search[name] ? (
        <Button
          variant="default"
          leftSection={<IconArrowLeft size={16} />}
          onClick={() => change({ [name]: undefined })}
        >
          {t('list.first')}
        </Button>
      ) : null}
      <Button
        variant="default"
        rightSection={<IconArrowRight size={16} />}
        disabled={!next}
        onClick={() => change({ [name]: next ?? undefined })}
      >
        {t('list.next')}
      </Button>
    </Group>
  )
}
