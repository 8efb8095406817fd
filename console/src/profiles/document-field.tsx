import { Button, FileButton, Group, Stack, Text } from '@mantine/core'
import { IconDownload, IconUpload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { api, ask, download } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { useProblemText } from '../parts/problem-text.ts'
import type { Attribute, Profile } from './profile-form.tsx'

/** What the server takes where the attribute says nothing. */
const formatsByDefault = 'pdf, jpg, png, webp, heic, tif'

/** A file's kind in one word, where it has one. */
const kindOf = (contentType: string) =>
  /^(?:application|image)\/(\w{3,4})$/.exec(contentType)?.[1]?.toUpperCase() ?? contentType

type FileGiven = { attribute: Attribute; profile: Profile; required: boolean; readOnly: boolean }

/** The documents of one attribute: up, down, away. */
export function FileField({ attribute, profile, required, readOnly }: FileGiven) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const tell = useProblemText()
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
    silent: true,
  })
  const endings = (attribute.acceptedFormat ?? formatsByDefault).split(',').map((one) => one.trim())
  const most = attribute.maxSize
    ? number(attribute.maxSize / 1e6, { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 })
    : null
  const taken = [endings.map((one) => one.toUpperCase()).join(', '), ...(most ? [t('profiles.upTo', { most })] : [])]
  const isRefusedKind = upload.error instanceof Problem && upload.error.code === 'attribute_type'
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
            {kindOf(one.contentType)}, {number(Math.max(1, Math.round(one.size / 1024)))} {t('profiles.kilobytes')}
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
        <Group gap="sm">
          <FileButton
            onChange={(file) => file && upload.mutate(file)}
            accept={endings.map((one) => `.${one}`).join(',')}
          >
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
          <Text size="xs" c="dimmed" flex="1 1 8rem">
            {taken.join(' · ')}
          </Text>
          {upload.error ? (
            <Text size="sm" c="var(--mantine-color-error)" role="alert" w="100%">
              {isRefusedKind ? t('profiles.wrongKind', { kinds: taken[0] }) : tell(upload.error)}
            </Text>
          ) : null}
        </Group>
      ) : documents.length === 0 ? (
        <Text size="sm" c="dimmed">
          —
        </Text>
      ) : null}
    </Stack>
  )
}
