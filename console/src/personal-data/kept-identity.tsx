import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Section } from '../parts/page.tsx'

/** Who an erased customer of kept invoices was: never read by itself, since each look is noted. */
export function KeptIdentity({ customerId }: { customerId: string }) {
  const { t } = useTranslation()
  const { date } = useFormat()
  const may = useMay()
  const params = { params: { path: { customer_id: customerId } } }
  const show = useAct({
    run: () => ask(api.GET('/api/v1/personal-data/retained-identities/{customer_id}', params)),
  })
  if (!may('personal-data:view-retained')) return null
  const kept = show.data
  return (
    <Section
      title={t('persons.identityOf')}
      about={t('persons.identityAbout')}
      actions={
        kept ? null : (
          <Button variant="default" onClick={() => show.mutate()} loading={show.isPending}>
            {t('persons.showIdentity')}
          </Button>
        )
      }
    >
      {kept ? (
        <Facts
          facts={[
            [t('persons.person'), kept.identity.name],
            [t('customers.code'), kept.identity.code],
            [t('customers.email'), kept.identity.email],
            [t('customers.phone'), kept.identity.phone],
            [t('customers.siret'), kept.identity.siret],
            [t('customers.vat'), kept.identity.vat_number],
            [t('customers.address'), addressOf(kept.identity)],
            [t('persons.identityUntil'), date(kept.keep_until)],
          ]}
        />
      ) : null}
    </Section>
  )
}

const addressOf = (one: { [name: string]: string | null }) =>
  ['address_line1', 'address_line2', 'postal_code', 'city', 'country_code']
    .map((name) => one[name])
    .filter(Boolean)
    .join(', ') || null
