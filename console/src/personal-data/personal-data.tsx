import { Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useMay } from '../app/me.ts'
import { Page, Section } from '../parts/page.tsx'
import { AccountCopy } from './account-copy.tsx'
import { Copies } from './copies.tsx'
import { Erasures } from './erasures.tsx'
import { FindPerson } from './find-person.tsx'

/** Where somebody begins who has to answer a request under the GDPR. */
export function PersonalData() {
  const { t } = useTranslation()
  const may = useMay()
  const seesCopies = may('personal-data:export') && may('export:view')
  return (
    <Page title={t('persons.title')} about={t('persons.about')}>
      <Section title={t('persons.find')} about={t('persons.findAbout')}>
        <FindPerson />
      </Section>
      {may('personal-data:erase') ? (
        <Section title={t('persons.erasures')}>
          <Stack>
            <Erasures />
          </Stack>
        </Section>
      ) : null}
      {seesCopies ? (
        <Section title={t('persons.exports')}>
          <Stack>
            <Copies of="person" />
          </Stack>
        </Section>
      ) : null}
      {may('personal-data:export') ? <AccountCopy /> : null}
    </Page>
  )
}
