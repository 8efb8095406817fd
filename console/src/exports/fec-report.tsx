import { Alert, Anchor, Box, Group, SimpleGrid, Stack, Text, ThemeIcon } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconShieldCheck, IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../app/me.ts'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { useFaultText } from '../parts/problem-text.ts'
import type { enExports } from '../texts/en-exports.ts'
import type { Report } from './fec.tsx'

type Kind = keyof typeof enExports.fecKind
const kinds: readonly Kind[] = [
  'empty',
  'not_validated',
  'entry_unbalanced',
  'number_invalid',
  'number_gap',
  'number_repeated',
  'number_not_chronological',
  'entry_dates_differ',
  'date_outside_year',
  'date_invalid',
  'field_missing',
  'account_invalid',
  'amount_sides',
  'amount_negative',
  'amount_invalid',
  'auxiliary_incomplete',
  'currency_incomplete',
  'lettering_incomplete',
  'character_not_allowed',
]
const mostShown = 100

/** Every check with its outcome, then the faults one by one. */
export function FecReport({ report }: { report: Report }) {
  const { t } = useTranslation()
  const { number, money } = useFormat()
  const total = Object.values(report.counts).reduce((sum, one) => sum + one, 0)
  const shown = report.faults.slice(0, mostShown)
  const figures = [
    [t('fec.entries'), number(report.entries)],
    [t('fec.lines'), number(report.lines)],
    [t('fec.debit'), money(report.debit, 'EUR')],
    [t('fec.credit'), money(report.credit, 'EUR')],
  ] as const
  return (
    <Stack>
      <Alert
        variant="light"
        color={report.valid ? 'teal' : 'red'}
        icon={report.valid ? <IconShieldCheck /> : <IconAlertTriangle />}
        title={report.valid ? t('fec.valid') : t('fec.invalid')}
      >
        <Remedies counts={report.counts} />
      </Alert>
      <SimpleGrid cols={{ base: 2, md: 4 }}>
        {figures.map(([label, value]) => (
          <Box key={label}>
            <Text size="sm" c="dimmed">
              {label}
            </Text>
            <Text fz={20} fw={650} className="figure-number">
              {value}
            </Text>
          </Box>
        ))}
      </SimpleGrid>
      <Box component="section" aria-label={t('fec.checks')}>
        <Text fw={600} mb="xs">
          {t('fec.checks')}
        </Text>
        <SimpleGrid
          component="ul"
          cols={{ base: 1, xs: 2, md: 3 }}
          spacing="xs"
          m={0}
          p={0}
          style={{ listStyle: 'none' }}
        >
          {kinds.map((kind) => (
            <Check key={kind} kind={kind} faults={report.counts[kind] ?? 0} />
          ))}
        </SimpleGrid>
      </Box>
      {shown.length > 0 ? (
        <Stack gap="xs">
          <Text fw={600}>{t('fec.faults')}</Text>
          <Listing
            label={t('fec.faults')}
            rows={shown}
            keyOf={(one) => `${one.kind} ${one.row} ${one.entry} ${one.field} ${one.message}`}
            empty={null}
            columns={[
              { label: t('fec.row'), cell: (one) => (one.row === null ? '—' : number(one.row)) },
              { label: t('fec.entry'), cell: (one) => <EntryLink fault={one} /> },
              { label: t('fec.field'), cell: (one) => one.field ?? '—' },
              { label: t('fec.message'), cell: (one) => <FaultText fault={one} /> },
            ]}
          />
          {total > shown.length ? (
            <Text size="sm" c="dimmed">
              {t('fec.firstFaults', { shown: number(shown.length), total: number(total) })}
            </Text>
          ) : null}
        </Stack>
      ) : null}
    </Stack>
  )
}

/** What mends the two faults that a first FEC has: entries are there and still drafts, or there are none. */
function Remedies({ counts }: { counts: Report['counts'] }) {
  const { t } = useTranslation()
  const may = useMay()
  if (counts.not_validated && may('entry:view')) {
    return (
      <Anchor component={Link} to="/entries?status=draft" size="sm" c="inherit" underline="always">
        {may('entry:validate') ? t('fec.validateDrafts') : t('fec.seeDrafts')}
      </Anchor>
    )
  }
  if (counts.empty && may('import:run')) {
    return (
      <Anchor component={Link} to="/imports/new" size="sm" c="inherit" underline="always">
        {t('fec.importEntries')}
      </Anchor>
    )
  }
  return null
}

/** The report names an entry by journal and number: the way to it; to its journal where the number is what is missing. */
function EntryLink({ fault: { entry, kind } }: { fault: Report['faults'][number] }) {
  const may = useMay()
  const [, journal, number] = /^([^ ]+) (.*)$/s.exec(entry ?? '') ?? []
  if (!journal || !may('entry:view')) return entry ?? '—'
  const search = new URLSearchParams({
    journal_code: journal,
    // Drafts have no number yet; a gap is what no entry has.
    ...(number === '(draft)' ? { status: 'draft' } : kind === 'number_gap' || !number ? {} : { number }),
  })
  return (
    <Anchor component={Link} to={`/entries?${search}`} size="sm">
      {entry}
    </Anchor>
  )
}

function FaultText({ fault: { kind, field, message } }: { fault: Report['faults'][number] }) {
  return useFaultText()({ code: `fec_${kind}`, message, parameters: { field: field ?? '' } })
}

function Check({ kind, faults }: { kind: Kind; faults: number }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  return (
    <Group component="li" gap="xs" wrap="nowrap" align="flex-start">
      <ThemeIcon size="sm" radius="xl" variant="light" color={faults === 0 ? 'teal' : 'red'} aria-hidden>
        {faults === 0 ? <IconCheck size={14} /> : <IconX size={14} />}
      </ThemeIcon>
      <Box>
        <Text size="sm">{t(`fecKind.${kind}`)}</Text>
        <Text size="xs" c={faults === 0 ? 'dimmed' : 'var(--mantine-color-error)'}>
          {faults === 0 ? t('fec.passed') : t('fec.failed', { count: faults, shown: number(faults) })}
        </Text>
      </Box>
    </Group>
  )
}
