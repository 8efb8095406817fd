import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { useUserNames } from '../people/user-source.ts'
import type { Definition, Workflow } from './definition.ts'
import { useWords } from './words.ts'

type Remark = Workflow['remarks'][number]
type Given = { remarks: readonly Remark[]; definition: Definition | null }

/** What is allowed, and yet will not go as its author thinks. */
export function Remarks({ remarks, definition }: Given) {
  if (remarks.length === 0) return null
  return (
    <Stack gap="xs">
      {remarks.map((one) =>
        one.code === 'too_few_approvers' ? (
          <TooFew key={`few ${one.action_id}`} remark={one} definition={definition} />
        ) : (
          <Twice key={`twice ${one.workflow_id}`} remark={one} />
        ),
      )}
    </Stack>
  )
}

function TooFew({ remark, definition }: { remark: Remark; definition: Definition | null }) {
  const { t } = useTranslation()
  const may = useMay()
  const { people, stepNames } = useWords(useUserNames(remark.approvers.filter((one) => one.startsWith('user_'))))
  const step = stepNames(definition)(remark.action_id ?? '')
  const counts = { count: remark.people ?? 0, people: String(remark.people ?? 0), required: String(remark.required) }
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<IconAlertTriangle />}
      role="status"
      title={t(remark.people ? 'workflows.tooFewTitle' : 'workflows.nobodyTitle', { step })}
    >
      <Text size="sm">
        {remark.people
          ? t('workflows.tooFew', { ...counts, who: people(remark.approvers) })
          : t('workflows.nobody', { who: people(remark.approvers) })}
      </Text>
      {may('user:view') ? (
        <Anchor component={Link} to="/users" size="sm" c="inherit" underline="always">
          {t('workflows.giveRole')}
        </Anchor>
      ) : null}
    </Alert>
  )
}

function Twice({ remark }: { remark: Remark }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const [id, name] = [remark.workflow_id ?? '', remark.workflow_name ?? '']
  const deactivate = useAct({
    run: () => ask(api.POST('/api/v1/workflows/{workflow_id}/deactivate', { params: { path: { workflow_id: id } } })),
    done: t('workflows.otherDeactivated', { name }),
    refresh: [['workflows'], ['workflow-check']],
  })
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<IconAlertTriangle />}
      role="status"
      title={t('workflows.twiceTitle', { name })}
    >
      <Text size="sm">{t('workflows.twice')}</Text>
      <Group mt="xs" gap="md">
        <Anchor component={Link} to={`/workflows/${id}`} size="sm" c="inherit" underline="always">
          {t('workflows.seeOther', { name })}
        </Anchor>
        {may('workflow:manage') ? (
          <Button
            size="compact-sm"
            variant="default"
            loading={deactivate.isPending}
            onClick={() =>
              confirm({
                title: t('workflows.deactivateTitle'),
                text: t('workflows.deactivateText'),
                action: t('workflows.deactivate'),
                run: () => deactivate.mutate(),
              })
            }
          >
            {t('workflows.deactivateOther', { name })}
          </Button>
        ) : null}
      </Group>
    </Alert>
  )
}
