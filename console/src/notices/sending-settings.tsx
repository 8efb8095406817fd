import { Button, Group, NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'

type Settings = Paths['/api/v1/notifications/settings']['get']['responses'][200]['content']['application/json']

export function SendingSettings() {
  const { t } = useTranslation()
  const query = useQuery({
    queryKey: ['notification-settings'],
    queryFn: () => ask(api.GET('/api/v1/notifications/settings')),
  })
  return (
    <Stack>
      <Section title={t('noticeSettings.title')}>
        <Answer query={query} rows={4}>
          {(settings) => (
            // What was sent meanwhile is no reason to take away what is being typed.
            <SettingsForm key={JSON.stringify({ ...settings, used_today: 0 })} settings={settings} />
          )}
        </Answer>
      </Section>
      <Suppressions />
    </Stack>
  )
}

function SettingsForm({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const may = useMay()
  const [values, setValues] = useState(settings)
  const readOnly = !may('notification:manage')
  const act = useAct({
    run: () => {
      const { daily_limit, retention_days, language, time_zone } = values
      return ask(
        api.PUT('/api/v1/notifications/settings', { body: { daily_limit, retention_days, language, time_zone } }),
      )
    },
    done: t('common.saved'),
    refresh: [['notification-settings']],
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        act.mutate()
      }}
    >
      <Stack>
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <NumberInput
            label={t('noticeSettings.limit')}
            description={t('noticeSettings.used', { used: number(settings.used_today) })}
            min={1}
            allowDecimal={false}
            readOnly={readOnly}
            value={values.daily_limit}
            onChange={(value) => setValues({ ...values, daily_limit: Number(value) })}
          />
          <NumberInput
            label={t('noticeSettings.retention')}
            description={t('settings.limitDefault', { value: number(settings.defaults.retention_days) })}
            min={7}
            allowDecimal={false}
            readOnly={readOnly}
            value={values.retention_days}
            onChange={(value) => setValues({ ...values, retention_days: Number(value) })}
          />
          <Select
            label={t('noticeSettings.language')}
            data={[
              { value: 'fr', label: 'Français' },
              { value: 'en', label: 'English' },
            ]}
            value={values.language}
            allowDeselect={false}
            readOnly={readOnly}
            onChange={(value) => setValues({ ...values, language: value === 'en' ? 'en' : 'fr' })}
          />
          <Select
            label={t('noticeSettings.timeZone')}
            searchable
            limit={100}
            data={[...new Set([values.time_zone, ...Intl.supportedValuesOf('timeZone')])]}
            value={values.time_zone}
            allowDeselect={false}
            readOnly={readOnly}
            onChange={(value) => setValues({ ...values, time_zone: value ?? values.time_zone })}
          />
        </SimpleGrid>
        {readOnly ? null : (
          <Group>
            <Button type="submit" loading={act.isPending}>
              {t('action.save')}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}

function Suppressions() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const may = useMay()
  const confirm = useConfirm()
  const key = ['notification-suppressions']
  const query = useQuery({
    queryKey: key,
    queryFn: () => ask(api.GET('/api/v1/notifications/suppressions', { params: { query: { limit: 100 } } })),
  })
  const release = useAct({
    run: (address: string) =>
      ask(api.DELETE('/api/v1/notifications/suppressions/{address}', { params: { path: { address } } })),
    done: t('noticeSettings.released'),
    refresh: [key],
  })
  const stop = useAct({
    run: (address: string) => ask(api.POST('/api/v1/notifications/suppressions', { body: { address } })),
    done: t('noticeSettings.stopped'),
    refresh: [key],
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    stop.mutate(formText(new FormData(form), 'address').trim(), { onSuccess: () => form.reset() })
  }
  const manages = may('notification:manage')
  return (
    <Section title={t('noticeSettings.suppressions')} about={t('noticeSettings.suppressionsAbout')}>
      <Stack>
        {manages ? (
          <form onSubmit={submit}>
            <Group align="flex-end" gap="xs">
              <TextInput
                name="address"
                type="email"
                label={t('noticeSettings.address')}
                required
                flex="1 1 14rem"
                maw={360}
              />
              <Button type="submit" variant="default" loading={stop.isPending}>
                {t('noticeSettings.stop')}
              </Button>
            </Group>
          </form>
        ) : null}
        <Answer query={query} rows={3}>
          {({ suppressions }) => (
            <Listing
              label={t('noticeSettings.suppressions')}
              rows={suppressions}
              keyOf={(one) => `${one.address} ${one.category}`}
              empty={<Empty title={t('noticeSettings.noSuppressions')} />}
              columns={[
                { label: t('noticeSettings.address'), cell: (one) => one.address },
                { label: t('noticeTemplates.category'), cell: (one) => one.category },
                { label: t('noticeDeliveries.reason'), cell: (one) => one.reason },
                { label: t('common.created'), cell: (one) => moment(one.created_at) },
                {
                  label: t('common.actions'),
                  cell: (one) =>
                    manages ? (
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        aria-label={t('noticeSettings.releaseOf', { address: one.address })}
                        onClick={() =>
                          confirm({
                            title: t('noticeSettings.releaseTitle', { address: one.address }),
                            text: t('noticeSettings.releaseText'),
                            action: t('noticeSettings.release'),
                            run: () => release.mutate(one.address),
                          })
                        }
                      >
                        {t('noticeSettings.release')}
                      </Button>
                    ) : (
                      '—'
                    ),
                },
              ]}
            />
          )}
        </Answer>
      </Stack>
    </Section>
  )
}
