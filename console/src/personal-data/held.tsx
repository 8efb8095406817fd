import { Alert, Anchor, Button, List, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconEraser } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useFormat } from '../parts/format.ts'
import { Facts, Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import type { enPersons } from '../texts/en-persons.ts'
import { EraseDialog } from './erase.tsx'
import type { Person, Subject } from './person.ts'

export type Preview =
  Paths['/api/v1/personal-data/erasures/preview']['post']['responses'][200]['content']['application/json']
type Table = keyof typeof enPersons.heldIn

/** What rows of a table are; a test sees that each has its words. */
export function useHeldIn(): (table: string) => string {
  const { t, i18n } = useTranslation()
  return (table) => (i18n.exists(`heldIn.${table}`) ? t(`heldIn.${table as Table}`) : table)
}

/** Numbers by what is counted, in words; the most first. */
export function Counts({ counts, none }: { counts: Preview['deleted']; none: string }) {
  const { number } = useFormat()
  const heldIn = useHeldIn()
  const found = Object.entries(counts).sort(([, a], [, b]) => b - a)
  if (found.length === 0) return <Text size="sm">{none}</Text>
  return <Facts facts={found.map(([table, rows]) => [heldIn(table), number(rows)])} />
}

/** What is held about somebody, in numbers, and from there its erasure. */
export function Held({ subject, person }: { subject: Subject; person: Person }) {
  const { t } = useTranslation()
  const [isErasing, setErasing] = useState(false)
  const query = useQuery({
    queryKey: ['erasure-preview', subject.type, subject.id],
    queryFn: () => {
      const body = { subject_type: subject.type, subject_id: subject.id }
      return ask(api.POST('/api/v1/personal-data/erasures/preview', { body }))
    },
    // It reads every text of the account, and counts towards a limit of its own.
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  })
  return (
    <Section title={t('persons.held')} about={t('persons.heldAbout')}>
      <Answer query={query} rows={8}>
        {(preview) => (
          <Stack>
            <PreviewWarnings preview={preview} />
            <Part title={t('persons.goes')}>
              <Text size="sm">
                <RecordGoes subject={subject} preview={preview} />
              </Text>
              <Counts counts={preview.deleted} none={t('persons.noneDeleted')} />
            </Part>
            <Part title={t('persons.changed')} about={t('persons.changedAbout')}>
              <Counts counts={preview.changed} none={t('persons.noneChanged')} />
            </Part>
            <Part title={t('persons.copies')}>
              <Text size="sm">
                <CopiesGo files={preview.files} />
              </Text>
            </Part>
            <Text size="sm" c="dimmed">
              {t('persons.unseen')}
            </Text>
            <div>
              <Button
                variant="default"
                {...(preview.import_under_way ? {} : { c: 'var(--mantine-color-error)' })}
                leftSection={<IconEraser size={18} />}
                disabled={preview.import_under_way}
                onClick={() => setErasing(true)}
              >
                {t('persons.erase')}
              </Button>
            </div>
            {isErasing ? (
              <EraseDialog subject={subject} person={person} preview={preview} onClose={() => setErasing(false)} />
            ) : null}
          </Stack>
        )}
      </Answer>
    </Section>
  )
}

function Part({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  return (
    <Stack gap={4}>
      <Title order={3} size="h5">
        {title}
      </Title>
      {about ? (
        <Text size="sm" c="dimmed">
          {about}
        </Text>
      ) : null}
      {children}
    </Stack>
  )
}

function RecordGoes({ subject, preview }: { subject: Subject; preview: Preview }) {
  const { t } = useTranslation()
  return preview.customer === 'pseudonym' ? t('persons.pseudonym') : t(`persons.recordOf.${subject.type}`)
}

function CopiesGo({ files }: { files: number }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  return files === 0 ? t('persons.noCopies') : t('persons.copiesOf', { count: files, shown: number(files) })
}

/** What stands against an erasure now, and what its numbers leave out. */
function PreviewWarnings({ preview }: { preview: Preview }) {
  const { t } = useTranslation()
  const { list } = useFormat()
  const may = useMay()
  const heldIn = useHeldIn()
  return (
    <>
      {preview.import_under_way ? (
        <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={t('persons.importRuns')}>
          <Text size="sm">{t('persons.importRunsMore')}</Text>
          {may('import:view') ? (
            <Anchor component={Link} to="/imports" size="sm" c="inherit" underline="always">
              {t('persons.seeImports')}
            </Anchor>
          ) : null}
        </Alert>
      ) : null}
      {preview.incomplete.length > 0 ? (
        <Alert color="yellow" variant="light" icon={<IconAlertTriangle />} title={t('persons.incomplete')}>
          <Text size="sm">{t('persons.incompleteOf', { tables: list(preview.incomplete.map(heldIn)) })}</Text>
        </Alert>
      ) : null}
    </>
  )
}

/** The same in sentences, for who is about to erase. */
export function WillHappen({ subject, preview }: { subject: Subject; preview: Preview }) {
  const { t } = useTranslation()
  return (
    <List size="sm" spacing="xs">
      <List.Item>
        <RecordGoes subject={subject} preview={preview} />
      </List.Item>
      <List.Item>
        <CopiesGo files={preview.files} />
      </List.Item>
      <List.Item>{t('persons.kept')}</List.Item>
      <List.Item>{t('persons.elsewhere')}</List.Item>
    </List>
  )
}
