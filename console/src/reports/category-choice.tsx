import { Select } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { categories, useCategory } from '../audit/event-lines.tsx'

type CategoryGiven = { value: string; onChange: (value: string | null) => void; error?: string | undefined }

/** Of events of the audit log; empty: all of them. */
export function CategoryChoice({ value, onChange, error }: CategoryGiven) {
  const { t } = useTranslation()
  const category = useCategory()
  return (
    <Select
      label={t('reports.parameter.category')}
      clearable
      placeholder={t('reports.allCategories')}
      data={categories.map((one) => ({ value: one, label: category(one) }))}
      value={value || null}
      onChange={onChange}
      error={error}
    />
  )
}
