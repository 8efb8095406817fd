import { Alert, Button, Group, NumberInput, Stack, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'

export function Settings() {
  const { t } = useTranslation()
  const may = useMay()
  return (
    <Page title={t('settings.title')} about={t('settings.about')}>
      <Account />
      {may('rate-limit:view') ? <RateLimits /> : null}
    </Page>
  )
}

function Account() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const may = useMay()
  const confirm = useConfirm()
  const query = useQuery({ queryKey: ['tenant'], queryFn: () => ask(api.GET('/api/v1/tenant')) })
  const act = useAct({
    run: (mfa_required: boolean) => ask(api.PATCH('/api/v1/tenant', { body: { mfa_required } })),
    done: t('common.saved'),
    refresh: [['tenant'], ['me']],
  })
  const askDemand = () =>
    confirm({
      title: t('settings.mfaRequiredTitle'),
      text: t('settings.mfaRequiredText'),
      action: t('settings.demand'),
      run: () => act.mutate(true),
    })
  const askRelease = () =>
    confirm({
      title: t('settings.mfaOptionalTitle'),
      text: t('settings.mfaOptionalText'),
      action: t('settings.release'),
      run: () => act.mutate(false),
    })
  return (
    <Section title={t('settings.account')}>
      <Answer query={query} rows={3}>
        {(tenant) => (
          <Stack>
            <Facts
              facts={[
                [t('settings.name'), tenant.name],
                [t('common.id'), tenant.id],
                [t('common.created'), moment(tenant.created_at)],
              ]}
            />
            <Switch
              label={t('settings.mfaRequired')}
              description={t('settings.mfaRequiredText')}
              checked={tenant.mfa_required}
              disabled={!may('tenant:update') || act.isPending}
              onChange={(event) => (event.currentTarget.checked ? askDemand() : askRelease())}
            />
          </Stack>
        )}
      </Answer>
    </Section>
  )
}

const quotas = ['user', 'tenant', 'transfer'] as const
type Limits = Record<(typeof quotas)[number], number>

function RateLimits() {
  const { t } = useTranslation()
  const query = useQuery({ queryKey: ['rate-limits'], queryFn: () => ask(api.GET('/api/v1/rate-limits')) })
  return (
    <Section title={t('settings.limits')} about={t('settings.limitsAbout')}>
      <Answer query={query} rows={3}>
        {({ enabled, limits, defaults }) => (
          <Stack>
            {enabled ? null : (
              <Alert color="yellow" variant="light">
                {t('settings.limitsOff')}
              </Alert>
            )}
            <LimitForm key={JSON.stringify(limits)} limits={limits} defaults={defaults} />
          </Stack>
        )}
      </Answer>
    </Section>
  )
}

function LimitForm({ limits, defaults }: { limits: Limits; defaults: Limits }) {
  const { t } = useTranslation()
  const { number, language } = useFormat()
  const may = useMay()
  const confirm = useConfirm()
  const [values, setValues] = useState(limits)
  const act = useAct({
    run: (body: Record<string, number | null>) => ask(api.PUT('/api/v1/rate-limits', { body })),
    done: t('common.saved'),
    refresh: [['rate-limits']],
  })
  const readOnly = !may('rate-limit:manage')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        act.mutate(values)
      }}
    >
      <Stack maw={420}>
        {quotas.map((name) => (
          <NumberInput
            key={name}
            label={t(`settings.limit.${name}`)}
            description={t('settings.limitDefault', { value: number(defaults[name]) })}
            min={1}
            thousandSeparator={language === 'fr' ? ' ' : ','}
            value={values[name]}
            readOnly={readOnly}
            onChange={(value) => setValues({ ...values, [name]: Number(value) })}
          />
        ))}
        {readOnly ? null : (
          <Group>
            <Button type="submit" loading={act.isPending}>
              {t('action.save')}
            </Button>
            <Button
              variant="default"
              onClick={() =>
                confirm({
                  title: t('settings.toDefaultsTitle'),
                  text: t('settings.toDefaultsText'),
                  action: t('settings.toDefaults'),
                  run: () => act.mutate({ user: null, tenant: null, transfer: null }),
                })
              }
            >
              {t('settings.toDefaults')}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}
