import { Button } from '@mantine/core'
import { IconTableExport } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../app/me.ts'
import { Page } from '../parts/page.tsx'
import { Empty } from '../parts/states.tsx'
import { ExportList } from './export-list.tsx'

export function Exports() {
  const { t } = useTranslation()
  const may = useMay()
  const create = may('export:create') ? (
    <Button component={Link} to="/exports/new" leftSection={<IconTableExport size={18} />}>
      {t('exports.create')}
    </Button>
  ) : null
  return (
    <Page title={t('exports.title')} about={t('exports.about')} actions={create}>
      <ExportList
        empty={
          <Empty title={t('exports.none')} action={create}>
            {t('exports.noneMore')}
          </Empty>
        }
      />
    </Page>
  )
}
