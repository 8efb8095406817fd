import { Alert, Button, Checkbox, Group, Select, SimpleGrid, Stack, Switch, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import { useCategoryName } from './notice-lines.tsx'

type Preferences = Paths['/api/v1/notifications/preferences']['get']['responses'][200]['content']['application/json']

const channels = ['email', 'in_app', 'webhook'] as const
/** Of the platform's templates; those of the account's own come with what was chosen for them. */
const usual = ['billing', 'approval', 'workflow', 'report', 'system', 'general', 'security'] as const
const reasons = ['bounce', 'complaint', 'manual'] as const

/** How and when the signed-in user wants to be told. */
export function Preferences() {
  const query = useQuery({
    queryKey: ['notification-preferences'],
    queryFn: () => ask(api.GET('/api/v1/notifications/preferences')),
  })
  return (
    <Answer query={query} rows={8}>
      {(found) => <PreferencesForm key={JSON.stringify(found)} found={found} />}
    </Answer>
  )
}

const clockOf = (time: number | string) => (typeof time === 'number' ? `${String(time).padStart(2, '0')}:00` : time)

function PreferencesForm({ found }: { found: Preferences }) {
  const { t } = useTranslation()
  const { language } = useFormat()
  const categoryName = useCategoryName()
  const [values, setValues] = useState(found)
  const act = useAct({
    run: () => {
      const { enabled_channels, quiet_hours, category_preferences, time_zone, digest } = values
      return ask(
        api.PUT('/api/v1/notifications/preferences', {
          body: { enabled_channels, quiet_hours, category_preferences, time_zone, digest, language: values.language },
        }),
      )
    },
    done: t('common.saved'),
    refresh: [['notification-preferences']],
  })
  const { category_preferences: wanted, unsubscribed_categories: unsubscribed, digest, quiet_hours: quiet } = values
  const categories = [...new Set([...usual, ...Object.keys(wanted), ...unsubscribed])]
  const isOn = (one: string) => one === 'security' || (wanted[one] ?? !unsubscribed.includes(one))
  const weekday = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' })
  const reason = reasons.find((one) => one === values.undeliverable)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        act.mutate()
      }}
    >
      <Stack>
        {values.undeliverable ? (
          <Alert color="yellow" variant="light">
            {t('preferences.undeliverable', { reason: reason ? t(`preferences.${reason}`) : values.undeliverable })}
          </Alert>
        ) : null}
        <Section title={t('preferences.channels')} about={t('preferences.channelsAbout')}>
          <Checkbox.Group
            aria-label={t('preferences.channels')}
            value={values.enabled_channels}
            onChange={(chosen) =>
              setValues({ ...values, enabled_channels: channels.filter((one) => chosen.includes(one)) })
            }
          >
            <Group>
              {channels.map((one) => (
                <Checkbox key={one} value={one} label={t(`channel.${one}`)} />
              ))}
            </Group>
          </Checkbox.Group>
        </Section>
        <Section title={t('preferences.categories')} about={t('preferences.categoriesAbout')}>
          <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
            {categories.map((one) => (
              <Switch
                key={one}
                label={categoryName(one)}
                description={
                  one === 'security'
                    ? t('preferences.always')
                    : unsubscribed.includes(one) && !isOn(one)
                      ? t('preferences.unsubscribed')
                      : undefined
                }
                checked={isOn(one)}
                disabled={one === 'security'}
                onChange={(event) =>
                  setValues({ ...values, category_preferences: { ...wanted, [one]: event.currentTarget.checked } })
                }
              />
            ))}
          </SimpleGrid>
        </Section>
        <Section title={t('preferences.quiet')} about={t('preferences.quietAbout')}>
          <Stack>
            <Switch
              label={t('preferences.quietOn')}
              checked={quiet !== null}
              onChange={(event) =>
                setValues({ ...values, quiet_hours: event.currentTarget.checked ? { start: 22, end: 8 } : null })
              }
            />
            {quiet ? (
              <Group>
                {(['start', 'end'] as const).map((side) => (
                  <TextInput
                    key={side}
                    type="time"
                    required
                    label={t(`preferences.${side}`)}
                    value={clockOf(quiet[side])}
                    onChange={(event) =>
                      setValues({ ...values, quiet_hours: { ...quiet, [side]: event.currentTarget.value } })
                    }
                  />
                ))}
              </Group>
            ) : null}
            <Select
              label={t('preferences.timeZone')}
              searchable
              maw={360}
              limit={100}
              data={[...new Set([values.time_zone, ...Intl.supportedValuesOf('timeZone')])]}
              value={values.time_zone}
              allowDeselect={false}
              onChange={(zone) => setValues({ ...values, time_zone: zone ?? values.time_zone })}
            />
          </Stack>
        </Section>
        <Section title={t('preferences.digest')} about={t('preferences.digestAbout')}>
          <Group align="flex-end">
            <Select
              aria-label={t('preferences.digest')}
              data={(['off', 'daily', 'weekly'] as const).map((one) => ({
                value: one,
                label: t(`preferences.${one}`),
              }))}
              value={digest.frequency}
              allowDeselect={false}
              onChange={(frequency) => setValues({ ...values, digest: { ...digest, frequency: frequency ?? 'off' } })}
            />
            {digest.frequency === 'weekly' ? (
              <Select
                label={t('preferences.weekday')}
                data={[1, 2, 3, 4, 5, 6, 7].map((one) => ({
                  value: String(one),
                  // The first of January 2024 was a Monday.
                  label: weekday.format(new Date(Date.UTC(2024, 0, one))),
                }))}
                value={String(digest.weekday)}
                allowDeselect={false}
                onChange={(day) => setValues({ ...values, digest: { ...digest, weekday: Number(day ?? 1) } })}
              />
            ) : null}
            {digest.frequency === 'off' ? null : (
              <Select
                label={t('preferences.hour')}
                data={Array.from({ length: 24 }, (_, hour) => ({
                  value: String(hour),
                  label: `${String(hour).padStart(2, '0')}:00`,
                }))}
                value={String(digest.hour)}
                allowDeselect={false}
                onChange={(hour) => setValues({ ...values, digest: { ...digest, hour: Number(hour ?? 8) } })}
              />
            )}
          </Group>
        </Section>
        <Section title={t('preferences.language')}>
          <Select
            aria-label={t('preferences.language')}
            maw={240}
            data={[
              { value: 'fr', label: 'Français' },
              { value: 'en', label: 'English' },
            ]}
            value={values.language}
            allowDeselect={false}
            onChange={(chosen) => setValues({ ...values, language: chosen === 'fr' ? 'fr' : 'en' })}
          />
        </Section>
        <Group justify="flex-end">
          <Button type="submit" loading={act.isPending}>
            {t('action.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
