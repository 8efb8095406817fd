import { Button, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { Section } from '../parts/page.tsx'
import { Copies } from './copies.tsx'

/** Everything of the account; its erasure is the operator's, by the command line. */
export function AccountCopy() {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const make = useAct({
    run: () => ask(api.POST('/api/v1/personal-data/tenant-exports')),
    done: t('persons.copyAsked'),
    refresh: [['exports']],
  })
  const askFirst = () =>
    confirm({
      title: t('persons.accountTitle'),
      text: t('persons.accountText'),
      action: t('persons.exportAccount'),
      run: () => make.mutate(),
      harmless: true,
    })
  return (
    <Section
      title={t('persons.account')}
      about={t('persons.accountAbout')}
      actions={
        <Button variant="default" onClick={askFirst} loading={make.isPending}>
          {t('persons.exportAccount')}
        </Button>
      }
    >
      {may('export:view') ? (
        <Stack>
          <Copies of="tenant" />
        </Stack>
      ) : null}
    </Section>
  )
}
