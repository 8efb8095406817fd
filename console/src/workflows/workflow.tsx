import { Button, Group, SimpleGrid, Stack } from '@mantine/core'
import { IconEdit, IconPlayerPlay } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { State, useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import type { Workflow } from './definition.ts'
import { readDefinition } from './definition.ts'
import { Diagram } from './diagram.tsx'
import { Remarks } from './remarks.tsx'
import { RunByHand } from './run-by-hand.tsx'
import { Steps } from './steps.tsx'
import { useWords } from './words.ts'

export function WorkflowScreen() {
  const { t } = useTranslation()
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: ['workflows', id],
    queryFn: () => ask(api.GET('/api/v1/workflows/{workflow_id}', { params: { path: { workflow_id: id } } })),
  })
  return (
    <Page
      title={query.data?.name ?? t('workflows.one')}
      back={{ to: '/workflows', title: t('workflows.title') }}
      actions={query.data ? <Actions workflow={query.data} /> : null}
    >
      <Answer query={query}>{(workflow) => <Shown workflow={workflow} />}</Answer>
    </Page>
  )
}

const refreshOf = (id: string) => [['workflows'], ['workflows', id]]

function useActivation(id: string) {
  const { t } = useTranslation()
  const params = { params: { path: { workflow_id: id } } }
  const refresh = refreshOf(id)
  const activate = useAct({
    run: (version: number) =>
      ask(api.POST('/api/v1/workflows/{workflow_id}/activate', { ...params, body: { version } })),
    done: t('workflows.activated'),
    refresh,
  })
  const deactivate = useAct({
    run: () => ask(api.POST('/api/v1/workflows/{workflow_id}/deactivate', params)),
    done: t('workflows.deactivated'),
    refresh,
  })
  return { activate, deactivate }
}

function Actions({ workflow }: { workflow: Workflow }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const [running, setRunning] = useState(false)
  const { activate, deactivate } = useActivation(workflow.id)
  const byHand = workflow.status === 'active' && workflow.triggers.includes('manual') && may('workflow:trigger')
  return (
    <>
      <Button variant="default" component={Link} to={`/executions?workflow=${workflow.id}`}>
        {t('executions.title')}
      </Button>
      {byHand ? (
        <Button variant="default" leftSection={<IconPlayerPlay size={18} />} onClick={() => setRunning(true)}>
          {t('workflows.run')}
        </Button>
      ) : null}
      {may('workflow:manage') ? (
        <>
          {workflow.status === 'active' ? (
            <Button
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
              {t('workflows.deactivate')}
            </Button>
          ) : (
            <Button loading={activate.isPending} onClick={() => activate.mutate(workflow.last_version)}>
              {t('workflows.activate')}
            </Button>
          )}
          <Button component={Link} to={`/workflows/${workflow.id}/edit`} leftSection={<IconEdit size={18} />}>
            {t('workflows.newVersion')}
          </Button>
        </>
      ) : null}
      {running ? <RunByHand workflow={workflow} onClose={() => setRunning(false)} /> : null}
    </>
  )
}

function Shown({ workflow }: { workflow: Workflow }) {
  const { t } = useTranslation()
  const { moment, number } = useFormat()
  const { triggerName, ownText } = useWords()
  const definition = readDefinition(workflow.definition)
  const about = workflow.definition.description
  return (
    <Stack>
      <Remarks remarks={workflow.remarks} definition={definition} />
      <Section title={t('clients.overview')} about={typeof about === 'string' ? ownText(about) : null}>
        <Facts
          facts={[
            [
              t('common.state'),
              <State key="state" tone={workflow.status === 'active' ? 'good' : 'plain'}>
                {t(`workflows.${workflow.status}`)}
              </State>,
            ],
            [t('workflows.version'), number(workflow.version)],
            [t('workflows.starts'), workflow.triggers.map(triggerName).join(' · ')],
            [t('common.changed'), moment(workflow.updated_at)],
            [t('common.id'), workflow.id],
          ]}
        />
      </Section>
      {definition ? (
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
          <Section title={t('workflows.way')}>
            <Diagram definition={definition} />
          </Section>
          <Section title={t('workflows.steps')}>
            <Steps definition={definition} />
          </Section>
        </SimpleGrid>
      ) : null}
      <Versions workflow={workflow} />
    </Stack>
  )
}

function Versions({ workflow }: { workflow: Workflow }) {
  const { t } = useTranslation()
  const { moment, number } = useFormat()
  const may = useMay()
  const { activate } = useActivation(workflow.id)
  const isInForce = (version: number) => workflow.status === 'active' && version === workflow.version
  return (
    <Section title={t('workflows.versions')} about={t('workflows.versionsAbout')}>
      <Listing
        label={t('workflows.versions')}
        rows={workflow.versions}
        keyOf={(one) => one.version}
        empty={null}
        columns={[
          { label: t('workflows.version'), cell: (one) => number(one.version) },
          { label: t('common.created'), cell: (one) => moment(one.created_at) },
          {
            label: t('common.state'),
            cell: (one) =>
              isInForce(one.version) ? <State tone="good">{t('workflows.inForce')}</State> : t('workflows.kept'),
          },
          {
            label: t('common.actions'),
            cell: (one) =>
              may('workflow:manage') && !isInForce(one.version) ? (
                <Group gap="xs" justify="flex-end">
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    loading={activate.isPending}
                    onClick={() => activate.mutate(one.version)}
                    aria-label={t('workflows.activateVersion', { version: one.version })}
                  >
                    {t('workflows.activate')}
                  </Button>
                </Group>
              ) : null,
          },
        ]}
      />
    </Section>
  )
}
