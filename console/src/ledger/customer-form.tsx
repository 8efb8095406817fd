import { SimpleGrid, Stack, Switch, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import type { Paths } from '../api/schema.ts'
import { useAct } from '../parts/act.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFaultText } from '../parts/problem-text.ts'

export type Customer = Paths['/api/v1/customers/{customer_id}']['get']['responses'][200]['content']['application/json']

const optional = [
  'email',
  'phone',
  'siret',
  'vat_number',
  'address_line1',
  'address_line2',
  'postal_code',
  'city',
  'country_code',
] as const

/** Creates a customer, or changes the one that is given. */
export function CustomerForm({ customer, onClose }: { customer?: Customer; onClose: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const form = useForm({
    initialValues: {
      code: customer?.code ?? '',
      name: customer?.name ?? '',
      email: customer?.email ?? '',
      phone: customer?.phone ?? '',
      siret: customer?.siret ?? '',
      vat_number: customer?.vat_number ?? '',
      address_line1: customer?.address_line1 ?? '',
      address_line2: customer?.address_line2 ?? '',
      postal_code: customer?.postal_code ?? '',
      city: customer?.city ?? '',
      country_code: customer?.country_code ?? '',
      is_active: customer?.is_active ?? true,
    },
    validate: {
      code: (value) => (value.trim() === '' ? t('form.required') : null),
      name: (value) => (value.trim() === '' ? t('form.required') : null),
      siret: (value) => (value === '' || /^\d{14}$/.test(value.replace(/\s/g, '')) ? null : t('customers.siretWrong')),
    },
  })
  const tellFault = useFaultText()
  const act = useAct({
    run: (values: typeof form.values) => {
      const given = Object.fromEntries(optional.map((name) => [name, values[name].trim() || null]))
      const body = {
        ...given,
        siret: values.siret.replace(/\s/g, '') || null,
        country_code: values.country_code.trim().toUpperCase() || null,
        code: values.code.trim(),
        name: values.name.trim(),
        is_active: values.is_active,
      }
      return customer
        ? ask(api.PATCH('/api/v1/customers/{customer_id}', { params: { path: { customer_id: customer.id } }, body }))
        : ask(api.POST('/api/v1/customers', { body }))
    },
    done: customer ? t('common.saved') : t('customers.created'),
    refresh: [['customers']],
    onDone: ({ id }) => {
      onClose()
      if (!customer) void navigate({ to: `/customers/${id}` })
    },
  })
  const submit = form.onSubmit((values) =>
    act.mutate(values, {
      onError: (error) => {
        if (!(error instanceof Problem)) return
        if (error.code === 'customer_code_taken') form.setErrors({ code: t('customers.codeTaken') })
        const wrong = error.faults.filter((one) => one.field in values)
        if (wrong.length > 0) {
          form.setErrors(
            Object.fromEntries(
              wrong.map((one) => [one.field, one.field === 'siret' ? t('customers.siretWrong') : tellFault(one)]),
            ),
          )
        }
      },
    }),
  )
  return (
    <Dialog opened onClose={onClose} title={customer ? t('customers.edit') : t('customers.create')} size="lg">
      <form onSubmit={submit}>
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput
              label={t('customers.name')}
              required
              maxLength={255}
              data-autofocus
              {...form.getInputProps('name')}
            />
            <TextInput label={t('customers.code')} required maxLength={64} {...form.getInputProps('code')} />
            <TextInput label={t('customers.email')} type="email" {...form.getInputProps('email')} />
            <TextInput label={t('customers.phone')} type="tel" maxLength={50} {...form.getInputProps('phone')} />
            <TextInput label={t('customers.siret')} inputMode="numeric" {...form.getInputProps('siret')} />
            <TextInput label={t('customers.vat')} maxLength={20} {...form.getInputProps('vat_number')} />
            <TextInput label={t('customers.address')} maxLength={255} {...form.getInputProps('address_line1')} />
            <TextInput label={t('customers.address2')} maxLength={255} {...form.getInputProps('address_line2')} />
            <TextInput label={t('customers.postalCode')} maxLength={20} {...form.getInputProps('postal_code')} />
            <TextInput label={t('customers.city')} maxLength={255} {...form.getInputProps('city')} />
            <TextInput
              label={t('customers.country')}
              description={t('customers.countryHint')}
              maxLength={2}
              {...form.getInputProps('country_code')}
            />
          </SimpleGrid>
          <Switch label={t('customers.isActive')} {...form.getInputProps('is_active', { type: 'checkbox' })} />
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {customer ? t('action.save') : t('action.create')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
