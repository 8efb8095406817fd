import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useAct } from '../parts/act.tsx'
import { Dialog } from '../parts/dialog.tsx'
import type { Preview } from './held.tsx'
import { WillHappen } from './held.tsx'
import type { Person, Subject } from './person.ts'

/** Letters count, not how they are written. */
const plain = (text: string) => text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()

type Given = { subject: Subject; person: Person; preview: Preview; onClose: () => void }

/** Nothing brings somebody back: whoever erases types the name. */
export function EraseDialog({ subject, person, preview, onClose }: Given) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [typed, setTyped] = useState('')
  const erase = useAct({
    run: () =>
      ask(api.POST('/api/v1/personal-data/erasures', { body: { subject_type: subject.type, subject_id: subject.id } })),
    done: t('persons.eraseAsked'),
    refresh: [['erasures']],
    onDone: ({ erasure_id }) => void navigate({ to: `/personal-data/erasures/${erasure_id}` }),
  })
  const isTyped = plain(typed) === plain(person.name)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isTyped) erase.mutate()
  }
  return (
    <Dialog opened onClose={onClose} title={t('persons.eraseTitle', { name: person.name })} size="lg">
      <form onSubmit={submit}>
        <Stack>
          <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={t('persons.eraseForGood')} />
          <Text fw={600} size="sm">
            {t('persons.eraseWill')}
          </Text>
          <WillHappen subject={subject} preview={preview} />
          <TextInput
            label={t('persons.typeName', { name: person.name })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" color="red.9" disabled={!isTyped} loading={erase.isPending}>
              {t('persons.eraseNow')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
