import { ActionIcon, Alert, Badge, Button, Code, CopyButton, Group, Stack, Text, Tooltip } from '@mantine/core'
import { modals } from '@mantine/modals'
import { IconCheck, IconCopy, IconKey } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from './dialog.tsx'

/** Asks before something is destroyed; the dangerous button is never the focused one. */
export function useConfirm() {
  const { t } = useTranslation()
  return (what: { title: string; text: ReactNode; action: string; run: () => void; harmless?: boolean }) =>
    modals.openConfirmModal({
      title: what.title,
      children: <Text size="sm">{what.text}</Text>,
      labels: { confirm: what.action, cancel: t('action.cancel') },
      confirmProps: what.harmless ? {} : { color: 'red' },
      cancelProps: { 'data-autofocus': true },
      closeButtonProps: { 'aria-label': t('action.close') },
      onConfirm: what.run,
    })
}

/** Of a row: ends what it shows, when somebody has said so twice. */
export function EndButton({
  label,
  title,
  text,
  run,
}: {
  label: string
  title: string
  text: string
  run: () => void
}) {
  const confirm = useConfirm()
  const askFirst = () => confirm({ title, text, action: label, run })
  return (
    <Button size="compact-sm" variant="subtle" color="red" onClick={askFirst}>
      {label}
    </Button>
  )
}

export function Copy({ value, label }: { value: string; label: string }) {
  const { t } = useTranslation()
  return (
    <CopyButton value={value} timeout={2000}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t('action.copied') : label}>
          <ActionIcon
            variant="subtle"
            color={copied ? 'teal' : 'gray'}
            onClick={copy}
            aria-label={copied ? t('action.copied') : label}
          >
            {copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  )
}

export function Copyable({ value, label }: { value: string; label: string }) {
  return (
    <Group gap={4} wrap="nowrap" component="span">
      <Code style={{ overflowWrap: 'anywhere' }}>{value}</Code>
      <Copy value={value} label={label} />
    </Group>
  )
}

/** A secret that is shown once: it goes with this dialog. */
export function SecretOnce(given: { title: string; secret: string | null; about?: string; onClose: () => void }) {
  const { t } = useTranslation()
  const { title, secret, about, onClose } = given
  return (
    <Dialog opened={secret !== null} onClose={onClose} title={title} closeOnClickOutside={false} size="lg">
      <Stack>
        <Alert color="yellow" variant="light" icon={<IconKey />}>
          {about ?? t('secret.once')}
        </Alert>
        <Group wrap="nowrap" align="flex-start">
          <Code block flex={1} data-secret style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {secret}
          </Code>
          <Copy value={secret ?? ''} label={t('action.copy')} />
        </Group>
        <Group justify="flex-end">
          <Button onClick={onClose} data-autofocus>
            {t('secret.kept')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

const tones = { good: 'teal', bad: 'red', waiting: 'yellow', plain: 'gray', info: 'indigo' } as const
export type Tone = keyof typeof tones

/** A state: its word says it, its colour only helps. */
export function State({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <Badge
      variant="light"
      color={tones[tone]}
      tt="none"
      radius="sm"
      miw="max-content"
      className={`state state-${tone}`}
    >
      {children}
    </Badge>
  )
}
