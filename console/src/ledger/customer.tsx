import { Button, Stack } from '@mantine/core'
import { IconEdit } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { personalDataNeeds, useMay, useMeets } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import type { Customer } from './customer-form.tsx'
import { CustomerForm } from './customer-form.tsx'
import { ActiveState } from './customers.tsx'
import { InvoiceList } from './invoice-list.tsx'

export function CustomerScreen() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const may = useMay()
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: ['customers', id],
    queryFn: () => ask(api.GET('/api/v1/customers/{customer_id}', { params: { path: { customer_id: id } } })),
  })
  return (
    <Page
      title={query.data?.name ?? t('customers.one')}
      back={{ to: '/customers', title: t('customers.title') }}
      actions={query.data ? <Actions customer={query.data} /> : null}
    >
      <Answer query={query} rows={6}>
        {(customer) => (
          <Stack>
            <Section title={t('customers.one')}>
              <Facts
                facts={[
                  [t('common.state'), <ActiveState key="state" isActive={customer.is_active} />],
                  [t('customers.code'), customer.code],
                  [t('customers.email'), customer.email],
                  [t('customers.phone'), customer.phone],
                  [t('customers.siret'), customer.siret],
                  [t('customers.vat'), customer.vat_number],
                  [t('customers.address'), addressOf(customer)],
                  [t('common.created'), moment(customer.created_at)],
                  [t('common.changed'), moment(customer.updated_at)],
                ]}
              />
            </Section>
            {may('invoice:view') ? (
              <Section
                title={t('customers.invoices')}
                actions={
                  may('invoice:create') ? (
                    <Button
                      variant="default"
                      component={Link}
                      to={`/invoices/new?customer=${encodeURIComponent(customer.id)}`}
                    >
                      {t('customers.newInvoice')}
                    </Button>
                  ) : null
                }
              >
                <Stack>
                  <InvoiceList customerId={customer.id} />
                </Stack>
              </Section>
            ) : null}
          </Stack>
        )}
      </Answer>
    </Page>
  )
}

const addressOf = (one: Customer) =>
  [one.address_line1, one.address_line2, [one.postal_code, one.city].filter(Boolean).join(' '), one.country_code]
    .filter(Boolean)
    .join(', ') || null

function Actions({ customer }: { customer: Customer }) {
  const { t } = useTranslation()
  const may = useMay()
  const meets = useMeets()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const [editing, setEditing] = useState(false)
  const params = { params: { path: { customer_id: customer.id } } }
  const remove = useAct({
    run: () => ask(api.DELETE('/api/v1/customers/{customer_id}', params)),
    done: t('customers.removed'),
    refresh: [['customers', 'list']],
    onDone: () => void navigate({ to: '/customers' }),
  })
  return (
    <>
      {meets(personalDataNeeds) ? (
        <Button variant="default" component={Link} to={`/personal-data/customers/${customer.id}`}>
          {t('nav.personalData')}
        </Button>
      ) : null}
      {may('customer:update') ? (
        <Button variant="default" leftSection={<IconEdit size={18} />} onClick={() => setEditing(true)}>
          {t('action.edit')}
        </Button>
      ) : null}
      {may('customer:delete') ? (
        <Button
          variant="default"
          c="var(--mantine-color-error)"
          onClick={() =>
            confirm({
              title: t('customers.removeTitle', { name: customer.name }),
              text: t('customers.removeText'),
              action: t('action.delete'),
              run: () => remove.mutate(),
            })
          }
        >
          {t('action.delete')}
        </Button>
      ) : null}
      {editing ? (
        <CustomerForm key={customer.updated_at} customer={customer} onClose={() => setEditing(false)} />
      ) : null}
    </>
  )
}
