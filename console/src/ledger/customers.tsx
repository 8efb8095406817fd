import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { State } from '../parts/controls.tsx'
import { FilterField, Filters, useFilter } from '../parts/filters.tsx'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { CustomerForm } from './customer-form.tsx'

const filters = ['name', 'code', 'siret'] as const

export function ActiveState({ isActive }: { isActive: boolean }) {
  const { t } = useTranslation()
  return <State tone={isActive ? 'good' : 'plain'}>{isActive ? t('common.active') : t('common.inactive')}</State>
}

export function Customers() {
  const { t } = useTranslation()
  const may = useMay()
  const [search] = useFilter()
  const [creating, setCreating] = useState(false)
  const isFiltered = filters.some((one) => search[one])
  const query = useQuery({
    queryKey: ['customers', 'list', search],
    queryFn: () => {
      const given = Object.fromEntries(filters.flatMap((one) => (search[one] ? [[one, search[one]]] : [])))
      const after = search.after ? { after: search.after } : {}
      return ask(api.GET('/api/v1/customers', { params: { query: { ...given, ...after, page_size: 50 } } }))
    },
    placeholderData: keepPreviousData,
  })
  const create = may('customer:create') ? (
    <Button leftSection={<IconPlus size={18} />} onClick={() => setCreating(true)}>
      {t('customers.create')}
    </Button>
  ) : null
  return (
    <Page
      title={t('customers.title')}
      about={t('customers.about')}
      actions={
        <>
          {may('import:run') ? (
            <Button variant="default" component={Link} to="/imports/new?template=customer_import">
              {t('customers.import')}
            </Button>
          ) : null}
          {create}
        </>
      }
    >
      <Filters names={filters}>
        <FilterField name="name" label={t('customers.nameFilter')} />
        <FilterField name="code" label={t('customers.code')} />
        <FilterField name="siret" label={t('customers.siret')} />
      </Filters>
      <Answer query={query} rows={10}>
        {({ customers, next_after }) => (
          <>
            <Listing
              label={t('customers.title')}
              rows={customers}
              keyOf={(one) => one.id}
              link={(one) => `/customers/${one.id}`}
              empty={
                <Empty title={t('customers.none')} action={isFiltered ? null : create}>
                  {isFiltered ? t('customers.notFound') : t('customers.noneMore')}
                </Empty>
              }
              columns={[
                { label: t('customers.name'), cell: (one) => one.name },
                { label: t('customers.code'), cell: (one) => one.code },
                { label: t('customers.email'), cell: (one) => one.email ?? '—' },
                { label: t('customers.city'), cell: (one) => one.city ?? '—' },
                { label: t('common.state'), cell: (one) => <ActiveState isActive={one.is_active} /> },
              ]}
            />
            <NextPage next={next_after} />
          </>
        )}
      </Answer>
      {creating ? <CustomerForm onClose={() => setCreating(false)} /> : null}
    </Page>
  )
}
