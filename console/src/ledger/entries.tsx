import { Button, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { State } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FilterField, Filters, useFilter } from '../parts/filters.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { ofCents, toCents } from './amounts.ts'
import { today } from './invoice-form.tsx'

export type Entry =
  Paths['/api/v1/accounting-entries/{entry_id}']['get']['responses'][200]['content']['application/json']

export function EntryState({ isValidated }: { isValidated: boolean }) {
  const { t } = useTranslation()
  return isValidated ? (
    <State tone="good">{t('entries.validated')}</State>
  ) : (
    <State tone="plain">{t('entries.draft')}</State>
  )
}

export const debitOf = (entry: Pick<Entry, 'lines'>) =>
  ofCents(entry.lines.reduce((sum, one) => sum + (toCents(one.debit) ?? 0n), 0n))

const filters = ['status', 'journal_code', 'number', 'date_from', 'date_to'] as const

export function Entries() {
  const { t } = useTranslation()
  const { date, money } = useFormat()
  const may = useMay()
  const [search, set] = useFilter()
  const [validating, setValidating] = useState(false)
  const isFiltered = filters.some((one) => search[one])
  const query = useQuery({
    queryKey: ['entries', 'list', search],
    queryFn: () => {
      const status = (['draft', 'validated'] as const).find((one) => one === search.status)
      const given = {
        ...(status ? { status } : {}),
        ...(search.journal_code ? { journal_code: search.journal_code } : {}),
        ...(search.number ? { number: search.number } : {}),
        ...(search.date_from ? { date_from: search.date_from } : {}),
        ...(search.date_to ? { date_to: search.date_to } : {}),
        ...(search.after ? { after: search.after } : {}),
        order: 'desc' as const,
        page_size: 50,
      }
      return ask(api.GET('/api/v1/accounting-entries', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
  })
  const create = may('entry:create') ? (
    <Button component={Link} to="/entries/new" leftSection={<IconPlus size={18} />}>
      {t('entries.create')}
    </Button>
  ) : null
  return (
    <Page
      title={t('entries.title')}
      about={t('entries.about')}
      actions={
        <>
          <Button variant="default" component={Link} to="/entries/account">
            {t('entries.ledger')}
          </Button>
          {may('entry:validate') ? (
            <Button variant="default" onClick={() => setValidating(true)}>
              {t('entries.validateAll')}
            </Button>
          ) : null}
          {create}
        </>
      }
    >
      <Filters names={filters}>
        <Select
          label={t('common.state')}
          placeholder={t('common.all')}
          clearable
          clearButtonProps={{ 'aria-label': t('action.clear') }}
          data={(['draft', 'validated'] as const).map((one) => ({ value: one, label: t(`entries.${one}`) }))}
          value={search.status ?? null}
          onChange={set('status')}
        />
        <FilterField name="journal_code" label={t('entries.journalCode')} />
        <FilterField name="number" label={t('entries.number')} />
        <FilterField name="date_from" label={t('entries.from')} type="date" />
        <FilterField name="date_to" label={t('entries.to')} type="date" />
      </Filters>
      <Answer query={query} rows={10}>
        {({ entries, next_after }) => (
          <>
            <Listing
              label={t('entries.title')}
              rows={entries}
              keyOf={(one) => one.id}
              link={(one) => `/entries/${one.id}`}
              empty={
                <Empty title={t('entries.none')} action={isFiltered ? null : create}>
                  {isFiltered ? t('customers.notFound') : t('entries.noneMore')}
                </Empty>
              }
              columns={[
                { label: t('entries.pieceRef'), cell: (one) => one.piece_ref },
                { label: t('entries.number'), cell: (one) => one.number },
                { label: t('entries.date'), cell: (one) => date(one.date) },
                { label: t('entries.journal'), cell: (one) => `${one.journal_code} · ${one.journal_label}` },
                { label: t('entries.label'), cell: (one) => one.lines[0]?.label ?? '—' },
                { label: t('common.state'), cell: (one) => <EntryState isValidated={one.validated_on !== null} /> },
                { label: t('entries.amount'), cell: (one) => money(debitOf(one), 'EUR'), atEnd: true },
              ]}
            />
            <NextPage next={next_after} />
          </>
        )}
      </Answer>
      {validating ? <ValidateMany onClose={() => setValidating(false)} /> : null}
    </Page>
  )
}

function ValidateMany({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const act = useAct({
    run: (given: { up_to: string; journal_code?: string }) =>
      ask(api.POST('/api/v1/accounting-entries/validate', { body: given })),
    done: ({ validated, may_have_more }) =>
      `${t('entries.validatedDone', { count: validated.length })}${may_have_more ? ` ${t('entries.moreToValidate')}` : ''}`,
    refresh: [['entries']],
    onDone: ({ may_have_more }) => {
      if (!may_have_more) onClose()
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const journal = formText(form, 'journal').trim()
    act.mutate({ up_to: formText(form, 'day'), ...(journal ? { journal_code: journal } : {}) })
  }
  return (
    <Dialog opened onClose={onClose} title={t('entries.validateAll')}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t('entries.validateText')}</Text>
          <TextInput
            name="day"
            type="date"
            label={t('entries.validateUpTo')}
            required
            defaultValue={today()}
            data-autofocus
          />
          <TextInput name="journal" label={t('entries.validateJournal')} maxLength={20} />
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {t('entries.validate')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
