import { Anchor, Box, Button, Group, Paper, Stack, Text, Textarea, Title } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { useFormat } from '../parts/format.ts'
import { NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import type { Approval } from './definition.ts'
import { Delegations } from './delegations.tsx'
import { SubjectLink } from './subject-link.tsx'

/** What waits for the user's decision, the oldest first. */
export function Approvals() {
  const { t } = useTranslation()
  const [search] = useSearchState()
  const [asked, setAsked] = useState<{ approval: Approval; approved: boolean } | null>(null)
  const query = useQuery({
    queryKey: ['approvals', search.after ?? ''],
    queryFn: () => {
      const given = { limit: 25, ...(search.after ? { cursor: search.after } : {}) }
      return ask(api.GET('/api/v1/workflows/approvals/pending', { params: { query: given } }))
    },
    refetchInterval: 15_000,
  })
  return (
    <Page title={t('approvals.title')} about={t('approvals.about')}>
      <Answer query={query} rows={4}>
        {({ approvals, next_cursor }) => (
          <>
            {approvals.length === 0 ? <Empty title={t('approvals.none')}>{t('approvals.noneMore')}</Empty> : null}
            <Stack component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
              {approvals.map((one) => (
                <One key={one.id} approval={one} onDecide={(approved) => setAsked({ approval: one, approved })} />
              ))}
            </Stack>
            <NextPage next={next_cursor} />
          </>
        )}
      </Answer>
      <Delegations />
      {asked ? <Decide {...asked} onClose={() => setAsked(null)} /> : null}
    </Page>
  )
}

function One({ approval, onDecide }: { approval: Approval; onDecide: (approved: boolean) => void }) {
  const { t } = useTranslation()
  const may = useMay()
  const { ago, exact } = useFormat()
  return (
    <Paper withBorder p="md" component="li">
      <Group justify="space-between" align="flex-start">
        <Box miw={0} flex="1 1 18rem">
          <Title order={2} size="h4">
            <SubjectLink of={approval}>{approval.entity_summary}</SubjectLink>
          </Title>
          <Text size="sm" c="dimmed">
            {approval.workflow_name} · {t('approvals.asked', { when: ago(approval.created_at) })}
          </Text>
          <Text size="sm" title={exact(approval.expires_at)}>
            {t('approvals.until', { when: ago(approval.expires_at) })}
          </Text>
          {approval.required > 1 ? (
            <Text size="sm">
              {t('approvals.votes', { given: approval.approved_by.length, required: approval.required })}
            </Text>
          ) : null}
          {may('workflow:view') ? (
            <Anchor component={Link} to={`/executions/${approval.execution_id}`} size="sm">
              {t('approvals.history')}
            </Anchor>
          ) : null}
        </Box>
        <Group gap="xs">
          <Button
            variant="default"
            leftSection={<IconX size={18} />}
            onClick={() => onDecide(false)}
            aria-label={t('approvals.rejectOf', { what: approval.entity_summary })}
          >
            {t('approvals.reject')}
          </Button>
          <Button
            leftSection={<IconCheck size={18} />}
            onClick={() => onDecide(true)}
            aria-label={t('approvals.approveOf', { what: approval.entity_summary })}
          >
            {t('approvals.approve')}
          </Button>
        </Group>
      </Group>
    </Paper>
  )
}

function Decide(given: { approval: Approval; approved: boolean; onClose: () => void }) {
  const { approval, approved, onClose } = given
  const { t } = useTranslation()
  const [comment, setComment] = useState('')
  const act = useAct({
    run: () =>
      ask(
        api.POST('/api/v1/workflows/approvals/{approval_id}/decide', {
          params: { path: { approval_id: approval.id } },
          body: { approved, comment: comment.trim() || null },
        }),
      ),
    done: ({ status }) => (status === 'pending' ? t('approvals.counted') : t('approvals.decided')),
    refresh: [['approvals'], ['executions']],
    onDone: onClose,
  })
  return (
    <Dialog opened onClose={onClose} title={approved ? t('approvals.approveTitle') : t('approvals.rejectTitle')}>
      <Stack>
        <Text>{approval.entity_summary}</Text>
        <Textarea
          label={t('approvals.comment')}
          description={t('approvals.commentHint')}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
          maxLength={2000}
          autosize
          minRows={2}
          data-autofocus
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button color={approved ? 'teal' : 'red'} loading={act.isPending} onClick={() => act.mutate()}>
            {approved ? t('approvals.approve') : t('approvals.reject')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
