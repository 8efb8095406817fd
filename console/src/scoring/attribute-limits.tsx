import { Checkbox, SimpleGrid, Stack, TagsInput, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Attribute } from './attributes.tsx'

/** What a field of a form needs, as the form gives it. */
type Props = { value?: never; onChange?: never; error?: string | null }
type Given = { type: Attribute['type']; field: (name: string) => Props; multiple: boolean }

/** What holds for answers of this type. */
export function AttributeLimits({ type, field, multiple }: Given) {
  const { t } = useTranslation()
  const none = t('attributes.noLimit')
  if (type === 'choice') {
    const { onChange } = field('multiple') as { onChange?: (value: boolean) => void }
    return (
      <Stack>
        <TagsInput
          label={t('attributes.choices')}
          description={t('attributes.choicesHint')}
          required
          maxTags={1000}
          {...field('choices')}
        />
        <Checkbox
          label={t('attributes.multiple')}
          checked={multiple}
          onChange={(event) => onChange?.(event.currentTarget.checked)}
        />
      </Stack>
    )
  }
  if (type === 'boolean') return null
  const whole = { inputMode: 'numeric', placeholder: none } as const
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      {type === 'string' ? (
        <>
          <TextInput label={t('attributes.minLength')} pattern="[0-9]*" {...whole} {...field('minLength')} />
          <TextInput label={t('attributes.maxLength')} pattern="[0-9]*" {...whole} {...field('maxLength')} />
          <TextInput
            label={t('attributes.pattern')}
            description={t('attributes.patternHint')}
            maxLength={500}
            {...field('pattern')}
          />
        </>
      ) : null}
      {type === 'integer' ? (
        <>
          <TextInput label={t('attributes.minValue')} pattern="-?[0-9]*" {...whole} {...field('minValue')} />
          <TextInput label={t('attributes.maxValue')} pattern="-?[0-9]*" {...whole} {...field('maxValue')} />
        </>
      ) : null}
      {type === 'date' ? (
        <>
          <TextInput type="date" label={t('attributes.minDate')} {...field('minDate')} />
          <TextInput type="date" label={t('attributes.maxDate')} {...field('maxDate')} />
        </>
      ) : null}
      {type === 'file' ? (
        <>
          <TextInput
            label={t('attributes.formats')}
            description={t('attributes.formatsHint')}
            {...field('acceptedFormat')}
          />
          <TextInput
            label={t('attributes.maxSize')}
            description={none}
            pattern="[0-9]+([.][0-9]+)?"
            inputMode="decimal"
            {...field('maxSize')}
          />
        </>
      ) : null}
    </SimpleGrid>
  )
}
