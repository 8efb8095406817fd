import { Button, FileButton, Group, Stack, Text } from '@mantine/core'
import { IconDownload, IconUpload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { api, ask, download } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import type { Attribute, Profile } from './profile-form.tsx'

type FileGiven = { attribute: Attribute; profile: Profile; required: boolean; readOnly: boolean }

/** The documents of one attribute: up, down, away. */
export function FileField({ attribute, profile, required, readOnly }: FileGiven) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const may = useMay()
  const confirm = useConfirm()
  const documents = profile.document_set.filter((one) => one.type === attribute.name)
  const refresh = [['profiles', profile.pk]]
  const upload = useAct({
    run: (file: File) =>
      ask(
        api.POST('/api/v1/profiles/{pk}/documents/', {
          params: { path: { pk: profile.pk ?? 0 } },
          body: { attribute: attribute.name, file },
          bodySerializer: () => {
            const form = new FormData()
            form.set('attribute', attribute.name)
            form.set('file', file)
            return form
          },
        }),
      ),
    done: t('profiles.uploaded'),
    refresh,
  })
  const save = useAct({ run: (pk: number) => download(`/api/v1/documents/${pk}/content/`, attribute.name) })
  const remove = useAct({
    run: (pk: number) => ask(api.DELETE('/api/v1/documents/{pk}/', { params: { path: { pk } } })),
    done: t('profiles.documentRemoved'),
    refresh,
  })
  const label = attribute.displayedName || attribute.name
  return (
    <Stack gap={6}>
      <Text size="sm" fw={500}>
        {label}
        {required ? (
          <Text span c="var(--mantine-color-error)" aria-hidden>
            {' *'}
          </Text>
        ) : null}
      </Text>
      {documents.map((one) => (
        <Group key={one.pk} gap="xs">
          <Text size="sm">
            {one.contentType}, {number(Math.max(1, Math.round(one.size / 1024)))} {t('profiles.kilobytes')}
          </Text>
          {may('document:download') ? (
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={<IconDownload size={16} />}
              onClick={() => save.mutate(one.pk)}
              aria-label={t('profiles.downloadOf', { name: label })}
            >
              {t('action.download')}
            </Button>
          ) : null}
          {!readOnly && may('document:delete') ? (
            <Button
              size="compact-sm"
              variant="subtle"
              color="red"
              aria-label={t('profiles.deleteOf', { name: label })}
              onClick={() =>
                confirm({
                  title: t('profiles.removeDocument'),
                  text: t('profiles.removeDocumentText'),
                  action: t('action.delete'),
                  run: () => remove.mutate(one.pk),
                })
              }
            >
              {t('action.delete')}
            </Button>
          ) : null}
        </Group>
      ))}
      {!readOnly && may('document:upload') ? (
        <Group>
          <FileButton onChange={(file) => file && upload.mutate(file)} accept="application/pdf,image/png,image/jpeg">
            {(props) => (
              <Button
                {...props}
                variant="default"
                size="sm"
                leftSection={<IconUpload size={16} />}
                loading={upload.isPending}
                aria-label={t('profiles.uploadOf', { name: label })}
              >
                {t('profiles.upload')}
              </Button>
            )}
          </FileButton>
        </Group>
      ) : documents.length === 0 ? (
        <Text size="sm" c="dimmed">
          —
        </Text>
      ) : null}
    </Stack>
  )
}
