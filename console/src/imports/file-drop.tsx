import { Button, Center, FileButton, Stack, Text, ThemeIcon } from '@mantine/core'
import { IconFileImport } from '@tabler/icons-react'
import type { DragEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

type Given = { accept: string; onFile: (file: File) => void; disabled: boolean }

/** A place to drop a file, with a button for who does not drag. */
export function FileDrop({ accept, onFile, disabled }: Given) {
  const { t } = useTranslation()
  const [over, setOver] = useState(false)
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    const [file] = event.dataTransfer.files
    if (file && !disabled) onFile(file)
  }
  return (
    <Center
      className="file-drop"
      data-over={over}
      onDragOver={(event: DragEvent) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Stack align="center" gap="xs">
        <ThemeIcon size={56} radius="xl" variant="light">
          <IconFileImport size={28} />
        </ThemeIcon>
        <Text fw={600}>{over ? t('imports.dropNow') : t('imports.drop')}</Text>
        <Text size="sm" c="dimmed" ta="center">
          {t('imports.dropMore')}
        </Text>
        <FileButton onChange={(file) => file && onFile(file)} accept={accept} disabled={disabled}>
          {(props) => (
            <Button {...props} variant="default" disabled={disabled}>
              {t('imports.choose')}
            </Button>
          )}
        </FileButton>
      </Stack>
    </Center>
  )
}
