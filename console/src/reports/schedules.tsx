import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { EndButton, State } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { ReportChoice, requestOf, useFirstChoice, useTemplateName, useTemplates } from './report-choice.tsx'

type Schedule = Paths['/api/v1/reports/schedules/{schedule_id}']['get']['responses'][200]['content']['application/json']

const refresh = [['report-schedules']]

/** Reports that make themselves. */
export function Schedules() {
  const { t } = useTranslation()
  const { list } = useFormat()
  const may = useMay()
  const nameOf = useTemplateName()
  const templates = useTemplates()
  const [creating, setCreating] = useState(false)
  const query = useQuery({
    queryKey: ['report-schedules'],
    queryFn: () => ask(api.GET('/api/v1/reports/schedules')),
  })
  const create = may('report:schedule') ? (
    <Button leftSection={<IconPlus size={18} />} onClick={() => setCreating(true)}>
      {t('schedules.create')}
    </Button>
  ) : null
  const titleOf = (id: string) => nameOf(templates.data?.templates.find((one) => one.id === id)?.name, id)
  return (
    <Page
      title={t('schedules.title')}
      about={t('schedules.about')}
      back={{ to: '/reports', title: t('reports.title') }}
      actions={create}
    >
      <Answer query={query}>
        {({ schedules }) => (
          <Listing
            label={t('schedules.title')}
            rows={schedules}
            keyOf={(one) => one.schedule_id}
            empty={
              <Empty title={t('schedules.none')} action={create}>
                {t('schedules.noneMore')}
              </Empty>
            }
            columns={[
              {
                label: t('schedules.name'),
                cell: (one) => (
                  <>
                    <Text size="sm" fw={550}>
                      {one.name}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {titleOf(one.template_id)}, {t(`reports.formats.${one.format}`)}
                    </Text>
                  </>
                ),
              },
              { label: t('schedules.recipients'), cell: (one) => list(one.recipients) || '—' },
              { label: t('schedules.next'), cell: (one) => <Runs schedule={one} /> },
              {
                label: t('common.state'),
                cell: (one) => (
                  <>
                    <State tone={one.status === 'active' ? 'good' : 'plain'}>{t(`schedules.${one.status}`)}</State>
                    {one.last_failure ? (
                      <Text size="xs">{t('schedules.lastFailure', { reason: one.last_failure })}</Text>
                    ) : null}
                  </>
                ),
              },
              {
                label: t('common.actions'),
                cell: (one) => (may('report:schedule') ? <Actions schedule={one} /> : null),
              },
            ]}
          />
        )}
      </Answer>
      {creating ? <Create onClose={() => setCreating(false)} /> : null}
    </Page>
  )
}

function Runs({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const runs = schedule.status === 'active' ? schedule.next_runs.slice(0, 3) : []
  const known = choices.find((one) => one !== 'own' && usual[one] === schedule.cron)
  return (
    <Stack gap={0}>
      {runs.map((run) => (
        <Text key={run} size="sm">
          {moment(run)}
        </Text>
      ))}
      <Text size="xs" c="dimmed">
        {t('schedules.inZone', { when: known ? t(`schedules.${known}`) : schedule.cron, zone: schedule.time_zone })}
      </Text>
    </Stack>
  )
}

function Actions({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation()
  const params = { params: { path: { schedule_id: schedule.schedule_id } } }
  const change = useAct({
    run: (status: Schedule['status']) =>
      ask(api.PATCH('/api/v1/reports/schedules/{schedule_id}', { ...params, body: { status } })),
    done: t('schedules.changed'),
    refresh,
  })
  const remove = useAct({
    run: () => ask(api.DELETE('/api/v1/reports/schedules/{schedule_id}', params)),
    done: t('schedules.removed'),
    refresh,
  })
  return (
    <Group gap="xs" justify="flex-end">
      <Button
        size="compact-sm"
        variant="subtle"
        loading={change.isPending}
        onClick={() => change.mutate(schedule.status === 'active' ? 'paused' : 'active')}
      >
        {schedule.status === 'active' ? t('schedules.pause') : t('schedules.resume')}
      </Button>
      <EndButton
        label={t('action.delete')}
        title={t('schedules.removeTitle')}
        text={t('schedules.removeText')}
        run={() => remove.mutate()}
      />
    </Group>
  )
}

const usual = { everyMonday: '0 8 * * 1', everyMonth: '0 8 1 * *', everyDay: '0 8 * * *' } as const
type Usual = keyof typeof usual | 'own'
const choices: readonly Usual[] = ['everyMonday', 'everyMonth', 'everyDay', 'own']

function Create({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const templates = useTemplates()
  const [choice, setChoice] = useState(useFirstChoice())
  const [when, setWhen] = useState<Usual>('everyMonday')
  const act = useAct({
    run: (given: { name: string; cron: string; recipients: string[] }) =>
      ask(api.POST('/api/v1/reports/schedules', { body: { ...requestOf(choice), ...given } })),
    done: t('schedules.created'),
    refresh,
    onDone: onClose,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const recipients = formText(form, 'recipients').split(/[\s,;]+/)
    act.mutate({
      name: formText(form, 'name').trim(),
      cron: when === 'own' ? formText(form, 'cron').trim() : usual[when],
      recipients: recipients.filter((one) => one !== ''),
    })
  }
  return (
    <Dialog opened onClose={onClose} title={t('schedules.create')} size="lg">
      <form onSubmit={submit}>
        <Stack>
          <TextInput name="name" label={t('schedules.name')} required maxLength={200} />
          <Answer query={templates} rows={3}>
            {(found) => <ReportChoice templates={found.templates} choice={choice} onChange={setChoice} noPeriod />}
          </Answer>
          <Select
            label={t('schedules.when')}
            data={choices.map((one) => ({ value: one, label: t(`schedules.${one}`) }))}
            value={when}
            allowDeselect={false}
            onChange={(one) => setWhen(choices.find((each) => each === one) ?? 'own')}
          />
          {when === 'own' ? (
            <TextInput name="cron" label={t('schedules.cron')} placeholder="0 8 * * 1-5" required />
          ) : null}
          <TextInput name="recipients" label={t('schedules.recipients')} description={t('schedules.recipientsHint')} />
          <FormEnd onCancel={onClose} isPending={act.isPending} isDisabled={choice.template === null}>
            {t('action.create')}
          </FormEnd>
        </Stack>
      </form>
    </Dialog>
  )
}
