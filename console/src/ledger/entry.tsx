import { Button, Stack } from '@mantine/core'
import { IconEdit } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import type { Entry } from './entries.tsx'
import { debitOf, EntryState } from './entries.tsx'
import { EntryForm } from './entry-form.tsx'

export function EntryScreen() {
  const { t } = useTranslation()
  const { id = '' } = useParams({ strict: false })
  const [editing, setEditing] = useState(false)
  const params = { params: { path: { entry_id: id } } }
  const query = useQuery({
    queryKey: ['entries', id],
    queryFn: () => ask(api.GET('/api/v1/accounting-entries/{entry_id}', params)),
  })
  const entry = query.data
  const title = !entry
    ? t('entries.title')
    : entry.number
      ? t('entries.one', { number: `${entry.journal_code} ${entry.number}` })
      : t('entries.draftOne')
  if (editing && entry) {
    return (
      <Page title={t('entries.edit')} back={{ to: `/entries/${id}`, title }}>
        <EntryForm
          entry={entry}
          save={(body) => ask(api.PUT('/api/v1/accounting-entries/{entry_id}', { ...params, body }))}
          done={t('common.saved')}
          onDone={() => setEditing(false)}
          onCancel={() => setEditing(false)}
        />
      </Page>
    )
  }
  return (
    <Page
      title={title}
      back={{ to: '/entries', title: t('entries.title') }}
      actions={entry && !entry.validated_on ? <Actions entry={entry} onEdit={() => setEditing(true)} /> : null}
    >
      <Answer query={query} rows={6}>
        {(found) => <Shown entry={found} />}
      </Answer>
    </Page>
  )
}

function Actions({ entry, onEdit }: { entry: Entry; onEdit: () => void }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const validate = useAct({
    run: () => ask(api.POST('/api/v1/accounting-entries/validate', { body: { entry_ids: [entry.id] } })),
    done: t('entries.validatedDone', { count: 1 }),
    refresh: [['entries']],
  })
  const remove = useAct({
    run: () => ask(api.DELETE('/api/v1/accounting-entries/{entry_id}', { params: { path: { entry_id: entry.id } } })),
    done: t('entries.removed'),
    refresh: [['entries', 'list']],
    onDone: () => void navigate({ to: '/entries' }),
  })
  return (
    <>
      {may('entry:validate') ? (
        <Button
          onClick={() =>
            confirm({
              title: t('entries.validateTitle'),
              text: t('entries.validateText'),
              action: t('entries.validate'),
              run: () => validate.mutate(),
              harmless: true,
            })
          }
        >
          {t('entries.validate')}
        </Button>
      ) : null}
      {may('entry:update') ? (
        <Button variant="default" leftSection={<IconEdit size={18} />} onClick={onEdit}>
          {t('action.edit')}
        </Button>
      ) : null}
      {may('entry:delete') ? (
        <Button
          variant="default"
          c="var(--mantine-color-error)"
          onClick={() =>
            confirm({
              title: t('entries.removeTitle'),
              text: t('entries.removeText'),
              action: t('action.delete'),
              run: () => remove.mutate(),
            })
          }
        >
          {t('action.delete')}
        </Button>
      ) : null}
    </>
  )
}

const isZero = (amount: string) => /^-?0*\.?0*$/.test(amount)

function Shown({ entry }: { entry: Entry }) {
  const { t } = useTranslation()
  const { date, moment, money, number } = useFormat()
  const amount = (value: string) => (isZero(value) ? '' : money(value, 'EUR'))
  return (
    <Stack>
      <Section title={t('clients.overview')}>
        <Facts
          facts={[
            [t('common.state'), <EntryState key="state" isValidated={entry.validated_on !== null} />],
            [t('entries.journal'), `${entry.journal_code} · ${entry.journal_label}`],
            [t('entries.date'), date(entry.date)],
            [t('entries.fiscalYear'), number(entry.fiscal_year, { useGrouping: false })],
            [t('entries.pieceRef'), entry.piece_ref],
            [t('entries.pieceDate'), date(entry.piece_date)],
            [t('entries.validatedOn'), date(entry.validated_on)],
            [t('entries.sum'), money(debitOf(entry), 'EUR')],
            [t('common.created'), moment(entry.created_at)],
          ]}
        />
      </Section>
      <Section title={t('entries.lines')}>
        <Listing
          label={t('entries.lines')}
          rows={entry.lines}
          keyOf={(one) => one.line_number}
          empty={null}
          columns={[
            { label: t('entries.account'), cell: (one) => `${one.account_number} · ${one.account_label}` },
            {
              label: t('entries.auxiliary'),
              cell: (one) => [one.auxiliary_number, one.auxiliary_label].filter(Boolean).join(' · ') || '—',
            },
            { label: t('entries.label'), cell: (one) => one.label },
            { label: t('entries.lettering'), cell: (one) => one.lettering ?? '—' },
            { label: t('entries.debit'), cell: (one) => amount(one.debit), atEnd: true },
            { label: t('entries.credit'), cell: (one) => amount(one.credit), atEnd: true },
          ]}
        />
      </Section>
    </Stack>
  )
}
