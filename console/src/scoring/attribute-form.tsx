import { Autocomplete, Checkbox, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useAct } from '../parts/act.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFaultText } from '../parts/problem-text.ts'
import { AttributeLimits } from './attribute-limits.tsx'
import type { Attribute, Catalogue } from './attributes.tsx'
import { attributesKey } from './attributes.tsx'

const types = ['string', 'integer', 'boolean', 'date', 'choice', 'file'] as const
const bytesOfMegabyte = 1024 * 1024

const text = (value: number | string | null | undefined) => (value ? String(value) : '')

export function valuesOf(attribute: Attribute | undefined) {
  return {
    name: attribute?.name ?? '',
    type: attribute?.type ?? 'string',
    displayedName: attribute?.displayedName ?? '',
    category: attribute?.category ?? '',
    isRequired: attribute?.isRequired ?? false,
    sensitiveData: attribute?.sensitiveData ?? false,
    choices: attribute?.choices ?? [],
    multiple: attribute?.validation === 'multiple choice',
    pattern: attribute?.pattern ?? '',
    minLength: text(attribute?.minLength),
    maxLength: text(attribute?.maxLength),
    minValue: attribute?.minValue === null ? '' : String(attribute?.minValue ?? ''),
    maxValue: attribute?.maxValue === null ? '' : String(attribute?.maxValue ?? ''),
    minDate: attribute?.minDate ?? '',
    maxDate: attribute?.maxDate ?? '',
    acceptedFormat: attribute?.acceptedFormat ?? '',
    maxSize: attribute?.maxSize ? String(attribute.maxSize / bytesOfMegabyte) : '',
  }
}
export type Values = ReturnType<typeof valuesOf>

/** What holds for the type; which kind of check it is follows from what was filled in. */
function limitsOf(values: Values) {
  const number = (given: string) => (given === '' ? null : Number(given))
  switch (values.type) {
    case 'choice':
      return {
        choices: values.choices,
        validation: values.multiple ? ('multiple choice' as const) : ('unique choice' as const),
      }
    case 'string': {
      const lengths = { minLength: Number(values.minLength), maxLength: Number(values.maxLength) }
      if (values.pattern) return { ...lengths, pattern: values.pattern, validation: 'regex' as const }
      const isLimited = lengths.minLength > 0 || lengths.maxLength > 0
      return { ...lengths, pattern: null, validation: isLimited ? ('min/max length' as const) : null }
    }
    case 'integer': {
      const [minValue, maxValue] = [number(values.minValue), number(values.maxValue)]
      const isLimited = minValue !== null || maxValue !== null
      return { minValue, maxValue, validation: isLimited ? ('min/max value' as const) : null }
    }
    case 'date': {
      const isLimited = values.minDate !== '' || values.maxDate !== ''
      return {
        minDate: values.minDate || null,
        maxDate: values.maxDate || null,
        validation: isLimited ? ('min/max date' as const) : null,
      }
    }
    case 'file':
      return {
        acceptedFormat: values.acceptedFormat.trim().toLowerCase() || null,
        maxSize: values.maxSize === '' ? null : Math.round(Number(values.maxSize) * bytesOfMegabyte),
      }
    default:
      return {}
  }
}

type Given = { catalogue: Catalogue; attribute?: Attribute; onClose: () => void }

/** Makes an attribute, or changes what of one may be changed. */
export function AttributeForm({ catalogue, attribute, onClose }: Given) {
  const { t } = useTranslation()
  const form = useForm({
    initialValues: valuesOf(attribute),
    validate: {
      choices: (value, { type }) => (type === 'choice' && value.length === 0 ? t('form.required') : null),
    },
  })
  const { values } = form
  const tellFault = useFaultText()
  const act = useAct({
    run: (given: Values) => {
      const body = {
        displayedName: given.displayedName.trim() || given.name,
        category: given.category.trim() || 'diverse',
        isRequired: given.isRequired,
        ...limitsOf(given),
      }
      const { name, type, sensitiveData } = given
      return attribute
        ? ask(api.PATCH('/api/v1/metadata/attributes/{name}/', { params: { path: { name } }, body }))
        : ask(api.POST('/api/v1/metadata/attributes/', { body: { ...body, name, type, sensitiveData } }))
    },
    done: attribute ? t('common.saved') : t('attributes.created'),
    refresh: [attributesKey, ['profiles']],
    onDone: onClose,
  })
  const submit = form.onSubmit((given) =>
    act.mutate(given, {
      onError: (error) => {
        const wrong = error instanceof Problem ? error.faults.filter((one) => one.field in given) : []
        if (wrong.length > 0) form.setErrors(Object.fromEntries(wrong.map((one) => [one.field, tellFault(one)])))
      },
    }),
  )
  const title = attribute
    ? t('attributes.edit', { name: attribute.displayedName || attribute.name })
    : t('attributes.create')
  return (
    <Dialog opened onClose={onClose} title={title} size="lg">
      <form onSubmit={submit}>
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput
              label={t('attributes.name')}
              description={attribute ? undefined : t('attributes.nameHint')}
              required
              pattern="[a-z][a-z0-9_]{0,63}"
              readOnly={attribute !== undefined}
              data-autofocus={attribute ? undefined : true}
              {...form.getInputProps('name')}
            />
            <Select
              label={t('attributes.type')}
              description={attribute ? undefined : t('attributes.typeHint')}
              data={types.map((one) => ({ value: one, label: t(`attributeType.${one}`) }))}
              allowDeselect={false}
              readOnly={attribute !== undefined}
              {...form.getInputProps('type')}
            />
            <TextInput
              label={t('attributes.label')}
              required
              maxLength={200}
              data-autofocus={attribute ? true : undefined}
              {...form.getInputProps('displayedName')}
            />
            <Autocomplete
              label={t('attributes.category')}
              required
              maxLength={100}
              data={[...new Set(catalogue.attributes.map((one) => one.category))]}
              {...form.getInputProps('category')}
            />
          </SimpleGrid>
          <AttributeLimits type={values.type} field={(name) => form.getInputProps(name)} multiple={values.multiple} />
          <Checkbox label={t('attributes.required')} {...form.getInputProps('isRequired', { type: 'checkbox' })} />
          <Checkbox
            label={t('attributes.sensitive')}
            description={t('attributes.sensitiveMore')}
            disabled={attribute !== undefined}
            {...form.getInputProps('sensitiveData', { type: 'checkbox' })}
          />
          <FormEnd onCancel={onClose} isPending={act.isPending}>
            {attribute ? t('action.save') : t('action.create')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
