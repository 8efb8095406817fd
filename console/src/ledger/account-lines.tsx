import { Anchor, Button, Checkbox, Group, Select, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { FilterField, Filters, useFilter } from '../parts/filters.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { ofCents, toCents } from './amounts.ts'
import { EntryState } from './entries.tsx'

type Line =
  Paths['/api/v1/accounting-entries/lines']['get']['responses'][200]['content']['application/json']['lines'][number]
const keyOf = (one: Line) => `${one.entry_id} ${one.line_number}`

/** The lines of one account, and lettering of those that settle each other. */
export function AccountLines() {
  const { t } = useTranslation()
  const [search, set] = useFilter()
  const account = search.account ?? ''
  return (
    <Page
      title={t('accountLines.title')}
      about={t('accountLines.about')}
      back={{ to: '/entries', title: t('entries.title') }}
    >
      <Filters names={['account', 'lettered', 'date_from', 'date_to']}>
        <FilterField name="account" label={t('accountLines.account')} placeholder={t('accountLines.accountHint')} />
        <Select
          label={t('entries.lettering')}
          placeholder={t('common.all')}
          clearable
          clearButtonProps={{ 'aria-label': t('action.clear') }}
          data={[
            { value: 'false', label: t('accountLines.open') },
            { value: 'true', label: t('accountLines.lettered') },
          ]}
          value={search.lettered ?? null}
          onChange={set('lettered')}
        />
        <FilterField name="date_from" label={t('entries.from')} type="date" />
        <FilterField name="date_to" label={t('entries.to')} type="date" />
      </Filters>
      {account ? (
        <Lines key={account} account={account} />
      ) : (
        <Empty title={t('accountLines.ask')}>{t('accountLines.askMore')}</Empty>
      )}
    </Page>
  )
}

function Lines({ account }: { account: string }) {
  const { t } = useTranslation()
  const { date, money } = useFormat()
  const may = useMay()
  const [search] = useFilter()
  const [chosen, setChosen] = useState<ReadonlyMap<string, Line>>(new Map())
  const query = useQuery({
    queryKey: ['entries', 'lines', search],
    queryFn: () => {
      const given = {
        account_number: account,
        ...(search.lettered ? { lettered: search.lettered === 'true' } : {}),
        ...(search.date_from ? { date_from: search.date_from } : {}),
        ...(search.date_to ? { date_to: search.date_to } : {}),
        ...(search.after ? { after: search.after } : {}),
        page_size: 100,
      }
      return ask(api.GET('/api/v1/accounting-entries/lines', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
  })
  const letters = may('entry:letter')
  const toggle = (line: Line) => {
    const next = new Map(chosen)
    if (!next.delete(keyOf(line))) next.set(keyOf(line), line)
    setChosen(next)
  }
  const amount = (value: string) => (toCents(value) === 0n ? '' : money(value, 'EUR'))
  return (
    <>
      {letters ? <Lettering chosen={[...chosen.values()]} onDone={() => setChosen(new Map())} /> : null}
      <Answer query={query} rows={8}>
        {({ lines, next_after }) => (
          <>
            <Listing
              label={t('accountLines.title')}
              rows={lines}
              keyOf={keyOf}
              empty={<Empty title={t('accountLines.none')} />}
              columns={[
                {
                  label: t('entries.pieceRef'),
                  cell: (one) => (
                    <Group gap="xs" wrap="nowrap">
                      {letters && !one.lettering ? (
                        <Checkbox
                          checked={chosen.has(keyOf(one))}
                          onChange={() => toggle(one)}
                          aria-label={t('accountLines.choose', {
                            line: one.line_number,
                            entry: one.number ?? one.piece_ref,
                          })}
                        />
                      ) : null}
                      <Anchor component={Link} to={`/entries/${one.entry_id}`} size="sm">
                        {one.piece_ref}
                      </Anchor>
                    </Group>
                  ),
                },
                {
                  label: t('entries.number'),
                  cell: (one) => (one.number ? `${one.journal_code} ${one.number}` : null),
                },
                { label: t('entries.date'), cell: (one) => date(one.date) },
                { label: t('entries.label'), cell: (one) => one.label },
                // Who validates gives the number.
                { label: t('common.state'), cell: (one) => <EntryState isValidated={one.number !== null} /> },
                { label: t('entries.auxiliary'), cell: (one) => one.auxiliary_number ?? '—' },
                {
                  label: t('entries.lettering'),
                  cell: (one) =>
                    one.lettering && letters ? (
                      <Unletter account={one.account_number} code={one.lettering} />
                    ) : (
                      (one.lettering ?? '—')
                    ),
                },
                { label: t('entries.debit'), cell: (one) => amount(one.debit), atEnd: true },
                { label: t('entries.credit'), cell: (one) => amount(one.credit), atEnd: true },
              ]}
            />
            <NextPage next={next_after} />
          </>
        )}
      </Answer>
    </>
  )
}

function Lettering({ chosen, onDone }: { chosen: readonly Line[]; onDone: () => void }) {
  const { t } = useTranslation()
  const { money } = useFormat()
  const sum = (side: 'debit' | 'credit') => chosen.reduce((all, one) => all + (toCents(one[side]) ?? 0n), 0n)
  const [debit, credit] = [sum('debit'), sum('credit')]
  const act = useAct({
    run: () => {
      const lines = chosen.map(({ entry_id, line_number }) => ({ entry_id, line_number }))
      return ask(api.POST('/api/v1/accounting-entries/letter', { body: { lines } }))
    },
    done: ({ lettering }) => t('accountLines.letterDone', { code: lettering }),
    refresh: [['entries']],
    onDone,
  })
  return (
    <Group justify="space-between" mih={36}>
      <Text size="sm" aria-live="polite">
        {chosen.length > 0
          ? t('accountLines.chosen', { debit: money(ofCents(debit), 'EUR'), credit: money(ofCents(credit), 'EUR') })
          : ''}
      </Text>
      <Button
        variant="default"
        disabled={chosen.length < 2 || debit !== credit}
        loading={act.isPending}
        onClick={() => act.mutate()}
      >
        {t('accountLines.letter')}
      </Button>
    </Group>
  )
}

function Unletter({ account, code }: { account: string; code: string }) {
  const { t } = useTranslation()
  const confirm = useConfirm()
  const act = useAct({
    run: () => ask(api.POST('/api/v1/accounting-entries/unletter', { body: { account_number: account, code } })),
    done: t('accountLines.unletterDone'),
    refresh: [['entries']],
  })
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      aria-label={t('accountLines.unletter', { code })}
      onClick={() =>
        confirm({
          title: t('accountLines.unletterTitle', { code }),
          text: t('accountLines.unletterText'),
          action: t('accountLines.unletter', { code }),
          run: () => act.mutate(),
          harmless: true,
        })
      }
    >
      {code}
    </Button>
  )
}
