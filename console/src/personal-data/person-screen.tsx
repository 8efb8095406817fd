import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { IconFileZip } from '@tabler/icons-react'
import { Link, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import { Copies } from './copies.tsx'
import { Held } from './held.tsx'
import type { Person, Subject } from './person.ts'
import { auditOf, usePerson } from './person.ts'

export function UserData() {
  const { id = '' } = useParams({ strict: false })
  return <PersonScreen subject={{ type: 'user', id }} />
}

export function CustomerData() {
  const { id = '' } = useParams({ strict: false })
  return <PersonScreen subject={{ type: 'customer', id }} />
}

export function ProfileData() {
  const { pk = '' } = useParams({ strict: false })
  return <PersonScreen subject={{ type: 'profile', id: pk }} />
}

/** One person: who it is, a copy of everything, what is held, and its erasure. */
function PersonScreen({ subject }: { subject: Subject }) {
  const { t } = useTranslation()
  const may = useMay()
  const query = usePerson(subject)
  return (
    <Page
      title={query.data?.name ?? t(`persons.${subject.type}`)}
      back={{ to: '/personal-data', title: t('persons.title') }}
    >
      <Answer query={query} rows={12}>
        {(person) => (
          <Stack>
            <Who person={person} subject={subject} />
            {may('personal-data:export') ? <Copy subject={subject} /> : null}
            {may('personal-data:erase') ? <Held subject={subject} person={person} /> : null}
          </Stack>
        )}
      </Answer>
    </Page>
  )
}

function Who({ person, subject }: { person: Person; subject: Subject }) {
  const { t } = useTranslation()
  const may = useMay()
  return (
    <Section title={t(`persons.${subject.type}`)}>
      <Stack>
        <Facts
          facts={[
            [t('persons.person'), person.name],
            [t('persons.reach'), person.reach],
            [t('persons.identifier'), subject.id],
          ]}
        />
        <Group>
          {person.screen ? (
            <Anchor component={Link} to={person.screen} size="sm">
              {t('persons.own')}
            </Anchor>
          ) : null}
          {may('audit:view') ? (
            <Anchor component={Link} to={auditOf(subject.id)} size="sm">
              {t('persons.inLog')}
            </Anchor>
          ) : null}
        </Group>
      </Stack>
    </Section>
  )
}

function Copy({ subject }: { subject: Subject }) {
  const { t } = useTranslation()
  const may = useMay()
  const make = useAct({
    run: () =>
      ask(api.POST('/api/v1/personal-data/exports', { body: { subject_type: subject.type, subject_id: subject.id } })),
    done: t('persons.copyAsked'),
    refresh: [['exports']],
  })
  return (
    <Section
      title={t('persons.copy')}
      about={t('persons.copyAbout')}
      actions={
        <Button leftSection={<IconFileZip size={18} />} onClick={() => make.mutate()} loading={make.isPending}>
          {t('persons.makeCopy')}
        </Button>
      }
    >
      <Stack>
        <Alert variant="light" color="yellow">
          <Text size="sm">{t('persons.copyWarning')}</Text>
        </Alert>
        {may('export:view') ? <Copies of="person" subject={subject} /> : null}
      </Stack>
    </Section>
  )
}
