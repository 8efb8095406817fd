import { Button, Group, SegmentedControl } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { SecretOnce, State } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty, NoneFits } from '../parts/states.tsx'
import { WebhookForm } from './webhook-form.tsx'

const statuses = ['enabled', 'paused', 'disabled'] as const
type Status = (typeof statuses)[number]

export function EndpointState({ status, failingSince }: { status: Status; failingSince: string | null }) {
  const { t } = useTranslation()
  const tone = status === 'enabled' ? (failingSince ? 'waiting' : 'good') : status === 'paused' ? 'plain' : 'bad'
  return (
    <State tone={tone}>{status === 'enabled' && failingSince ? t('webhooks.failing') : t(`webhooks.${status}`)}</State>
  )
}

export function Webhooks() {
  const { t } = useTranslation()
  const { dayOf, list } = useFormat()
  const may = useMay()
  const [search, change] = useSearchState()
  const [creating, setCreating] = useState(false)
  const [secret, setSecret] = useState<string | null>(null)
  const status = statuses.find((one) => one === search.status)
  const query = useQuery({
    queryKey: ['webhooks', 'list', search],
    queryFn: () => {
      const given = {
        ...(status ? { status } : {}),
        ...(search.before ? { before: Number(search.before) } : {}),
        limit: 50,
      }
      return ask(api.GET('/api/v1/webhooks/', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
  })
  const create = may('webhook:manage') ? (
    <Button leftSection={<IconPlus size={18} />} onClick={() => setCreating(true)}>
      {t('webhooks.create')}
    </Button>
  ) : null
  return (
    <Page title={t('webhooks.title')} about={t('webhooks.about')} actions={create}>
      <Group>
        <SegmentedControl
          aria-label={t('common.state')}
          value={status ?? 'all'}
          onChange={(value) => change({ status: value === 'all' ? undefined : value, before: undefined })}
          data={[
            { value: 'all', label: t('common.all') },
            ...statuses.map((one) => ({ value: one, label: t(`webhooks.${one}`) })),
          ]}
        />
      </Group>
      <Answer query={query}>
        {({ data }) => (
          <>
            <Listing
              label={t('webhooks.title')}
              rows={data.results}
              keyOf={(one) => one.pk}
              link={(one) => `/webhooks/${one.pk}`}
              empty={
                status ? (
                  <NoneFits />
                ) : (
                  <Empty title={t('webhooks.none')} action={create}>
                    {t('webhooks.noneMore')}
                  </Empty>
                )
              }
              columns={[
                { label: t('webhooks.address'), cell: (one) => one.url },
                { label: t('common.description'), cell: (one) => one.description ?? '—' },
                { label: t('common.state'), cell: (one) => <EndpointState {...one} /> },
                {
                  label: t('webhooks.events'),
                  cell: (one) => (one.eventTypes ? list(one.eventTypes) : t('webhooks.allEvents')),
                },
                { label: t('common.created'), cell: (one) => dayOf(one.createdAt) },
              ]}
            />
            <NextPage next={data.next === null ? null : String(data.next)} name="before" />
          </>
        )}
      </Answer>
      <WebhookForm opened={creating} onClose={() => setCreating(false)} onSecret={setSecret} />
      <SecretOnce
        title={t('webhooks.secret')}
        about={t('webhooks.secretAbout')}
        secret={secret}
        onClose={() => setSecret(null)}
      />
    </Page>
  )
}
