import { Button, Select } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../app/me.ts'
import { FilterField, Filters, useFilter } from '../parts/filters.tsx'
import { Page } from '../parts/page.tsx'
import { InvoiceList } from './invoice-list.tsx'
import { invoiceStatuses } from './invoice-states.tsx'

export function Invoices() {
  const { t } = useTranslation()
  const may = useMay()
  const [search, set] = useFilter()
  const create = may('invoice:create') ? (
    <Button component={Link} to="/invoices/new" leftSection={<IconPlus size={18} />}>
      {t('invoices.create')}
    </Button>
  ) : null
  return (
    <Page
      title={t('invoices.title')}
      about={t('invoices.about')}
      actions={
        <>
          {may('import:run') ? (
            <Button variant="default" component={Link} to="/imports/new?template=invoice_import">
              {t('customers.import')}
            </Button>
          ) : null}
          {create}
        </>
      }
    >
      <Filters names={['status', 'number', 'date_from', 'date_to']}>
        <Select
          label={t('common.state')}
          placeholder={t('common.all')}
          clearable
          clearButtonProps={{ 'aria-label': t('action.clear') }}
          data={invoiceStatuses.map((one) => ({ value: one, label: t(`invoiceStatus.${one}`) }))}
          value={search.status ?? null}
          onChange={set('status')}
        />
        <FilterField name="number" label={t('invoices.number')} />
        <FilterField name="date_from" label={t('invoices.from')} type="date" />
        <FilterField name="date_to" label={t('invoices.to')} type="date" />
      </Filters>
      <InvoiceList action={create} />
    </Page>
  )
}
