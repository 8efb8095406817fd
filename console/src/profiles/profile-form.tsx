import { Alert, Button, Group, MultiSelect, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Section } from '../parts/page.tsx'
import { useFaultText } from '../parts/problem-text.ts'
import { FileField } from './document-field.tsx'

export type Attribute = {
  name: string
  type: 'string' | 'integer' | 'boolean' | 'date' | 'choice' | 'file'
  sensitiveData: boolean
  isRetired: boolean
  displayedName: string
  category: string
  isRequired: boolean
  validation: string | null
  choices: readonly string[]
  minLength: number
  maxLength: number
  minValue: number | null
  maxValue: number | null
  minDate: string | null
  maxDate: string | null
  acceptedFormat: string | null
  /** Bytes. */
  maxSize: number | null
}
type Catalogue = {
  attributes: readonly Attribute[]
  requirements: readonly { attribute: string; choice: string; requires: string }[]
}
type Document = { pk: number; type: string; contentType: string; size: number; downloadedAt: string }
export type Profile = {
  /** null: it does not exist yet; the first save makes it. */
  pk: number | null
  status: 'draft' | 'complete'
  profileattribute_set: readonly { attribute: { name: string }; value: string | null }[]
  document_set: readonly Document[]
}
type Values = Record<string, string[]>

/** Of the catalogue that every account begins with; its own ones are shown as they are called. */
const knownCategories = [
  'family situation',
  'documents',
  'address',
  'diverse',
  'housing situation',
  'professional situation',
  'children',
  'identity document',
  'personal data',
  'product usage',
  'income and expenses',
] as const

/** Several answers of one attribute stand one beside the other. */
function valuesOf(profile: Profile): Values {
  const values: Values = {}
  for (const { attribute, value } of profile.profileattribute_set) {
    if (value !== null) values[attribute.name] = [...(values[attribute.name] ?? []), value]
  }
  return values
}

/** What another answer makes necessary is shown when it does, or when it has been answered. */
function isShown(attribute: Attribute, catalogue: Catalogue, values: Values): boolean {
  const conditions = catalogue.requirements.filter((one) => one.requires === attribute.name)
  if (attribute.isRetired) return (values[attribute.name]?.length ?? 0) > 0
  if (conditions.length === 0 || (values[attribute.name]?.length ?? 0) > 0) return true
  return conditions.some((one) => values[one.attribute]?.includes(one.choice))
}

function isRequired(attribute: Attribute, catalogue: Catalogue, values: Values): boolean {
  const conditions = catalogue.requirements.filter((one) => one.requires === attribute.name)
  return attribute.isRequired || conditions.some((one) => values[one.attribute]?.includes(one.choice))
}

const toWire = (attribute: Attribute, given: readonly string[]): unknown => {
  const [first] = given
  if (first === undefined || first === '') return null
  if (attribute.validation === 'multiple choice') return given
  if (attribute.type === 'integer') return Number(first)
  return attribute.type === 'boolean' ? first === 'true' : first
}

/** A form that the server's catalogue of attributes draws. */
type FormGiven = {
  profile: Profile
  catalogue: Catalogue
  create?: (attributes: Record<string, unknown>) => Promise<unknown>
}

export function ProfileForm({ profile, catalogue, create }: FormGiven) {
  const { t } = useTranslation()
  const may = useMay()
  const [values, setValues] = useState(() => valuesOf(profile))
  const [faults, setFaults] = useState<Record<string, string>>({})
  const readOnly = profile.status === 'complete' || !may(create ? 'profile:create' : 'profile:update')
  const tellFault = useFaultText()
  const act = useAct({
    run: (): Promise<unknown> => {
      const before = valuesOf(profile)
      const changed = catalogue.attributes.filter(
        (one) =>
          one.type !== 'file' && JSON.stringify(values[one.name] ?? []) !== JSON.stringify(before[one.name] ?? []),
      )
      const attributes = Object.fromEntries(changed.map((one) => [one.name, toWire(one, values[one.name] ?? [])]))
      if (create || profile.pk === null) return create?.(attributes) ?? Promise.resolve()
      return ask(api.PATCH('/api/v1/profiles/{pk}/', { params: { path: { pk: profile.pk } }, body: { attributes } }))
    },
    done: t('common.saved'),
    refresh: [['profiles']],
  })
  const save = () => {
    setFaults({})
    act.mutate(undefined, {
      onError: (error) =>
        error instanceof Problem &&
        setFaults(
          Object.fromEntries(error.faults.map((one) => [one.field.replace(/^attributes\./, ''), tellFault(one)])),
        ),
    })
  }
  const categoryName = (name: string) => {
    const known = knownCategories.find((one) => one === name)
    return known ? t(`profileCategory.${known}`) : name
  }
  const shown = catalogue.attributes.filter(
    (one) => isShown(one, catalogue, values) && (profile.pk !== null || one.type !== 'file'),
  )
  const categories = [...new Set(shown.map((one) => one.category))]
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      <Stack>
        {readOnly ? null : (
          <Alert variant="light" color="indigo">
            {t('profiles.formHint')}
          </Alert>
        )}
        {categories.map((category) => (
          <Section key={category} title={categoryName(category)}>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              {shown
                .filter((one) => one.category === category)
                .map((one) =>
                  one.type === 'file' ? (
                    <FileField
                      key={one.name}
                      attribute={one}
                      profile={profile}
                      required={isRequired(one, catalogue, values)}
                      readOnly={readOnly}
                    />
                  ) : (
                    <Field
                      key={one.name}
                      attribute={one}
                      value={values[one.name] ?? []}
                      onChange={(value) => setValues({ ...values, [one.name]: value })}
                      error={faults[one.name]}
                      required={isRequired(one, catalogue, values)}
                      readOnly={readOnly}
                    />
                  ),
                )}
            </SimpleGrid>
          </Section>
        ))}
        {readOnly ? null : (
          <Group justify="flex-end">
            <Button type="submit" loading={act.isPending}>
              {t('action.save')}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}

type FieldGiven = {
  attribute: Attribute
  value: readonly string[]
  onChange: (value: string[]) => void
  error: string | undefined
  required: boolean
  readOnly: boolean
}

function Field({ attribute, value, onChange, error, required, readOnly }: FieldGiven) {
  const { t } = useTranslation()
  const [first = ''] = value
  const common = {
    label: attribute.displayedName || attribute.name,
    error,
    withAsterisk: required,
    readOnly,
    description: attribute.sensitiveData ? t('profiles.sensitive') : undefined,
  }
  if (attribute.validation === 'multiple choice') {
    return (
      <MultiSelect
        {...common}
        data={[...attribute.choices]}
        value={[...value]}
        onChange={onChange}
        clearable
        clearButtonProps={{ 'aria-label': t('action.clear') }}
      />
    )
  }
  if (attribute.type === 'choice') {
    return (
      <Select
        {...common}
        data={[...attribute.choices]}
        value={first || null}
        onChange={(one) => onChange(one ? [one] : [])}
        clearable
        searchable={attribute.choices.length > 8}
        clearButtonProps={{ 'aria-label': t('action.clear') }}
      />
    )
  }
  if (attribute.type === 'boolean') {
    const data = [
      { value: 'true', label: t('common.yes') },
      { value: 'false', label: t('common.no') },
    ]
    return (
      <Select
        {...common}
        data={data}
        value={first || null}
        onChange={(one) => onChange(one ? [one] : [])}
        clearable
        clearButtonProps={{ 'aria-label': t('action.clear') }}
      />
    )
  }
  const limits =
    attribute.type === 'date'
      ? { type: 'date', min: attribute.minDate ?? undefined, max: attribute.maxDate ?? undefined }
      : attribute.type === 'integer'
        ? { inputMode: 'numeric' as const, pattern: '-?[0-9]*' }
        : attribute.maxLength > 0
          ? { maxLength: attribute.maxLength }
          : {}
  return (
    <TextInput
      {...common}
      {...limits}
      value={first}
      onChange={(event) => onChange(event.currentTarget.value === '' ? [] : [event.currentTarget.value])}
    />
  )
}
