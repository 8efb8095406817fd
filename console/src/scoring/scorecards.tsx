import { Badge, Group, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { State } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'

const tones = { draft: 'waiting', active: 'good', retired: 'plain' } as const

export function ScorecardState({ status }: { status: keyof typeof tones }) {
  const { t } = useTranslation()
  return <State tone={tones[status]}>{t(`scorecards.${status}`)}</State>
}

/** All versions; a new one begins as a copy of another one. */
export function Scorecards() {
  const { t } = useTranslation()
  const { moment, language } = useFormat()
  const [search] = useSearchState()
  const query = useQuery({
    queryKey: ['scorecards', 'list', search.before],
    queryFn: () => {
      const given = { limit: 25, ...(search.before ? { before: Number(search.before) } : {}) }
      return ask(api.GET('/api/v1/scorecards/', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
  })
  return (
    <Page title={t('scorecards.title')} about={t('scorecards.about')}>
      <Answer query={query}>
        {({ data }) => (
          <>
            <Listing
              label={t('scorecards.title')}
              rows={data.results}
              keyOf={(one) => one.version}
              link={(one) => `/scorecards/${one.version}`}
              empty={<Empty title={t('scorecards.none')} />}
              columns={[
                { label: t('scorecards.version'), cell: (one) => t('scorecards.one', { version: one.version }) },
                {
                  label: t('scorecards.name'),
                  cell: (one) => (
                    <Group gap="xs">
                      <Text size="sm">{one.title[language]}</Text>
                      {one.builtIn ? (
                        <Badge size="sm" variant="default" tt="none">
                          {t('scorecards.builtIn')}
                        </Badge>
                      ) : null}
                    </Group>
                  ),
                },
                { label: t('common.state'), cell: (one) => <ScorecardState status={one.status} /> },
                { label: t('common.changed'), cell: (one) => moment(one.updatedAt) },
                { label: t('scorecards.activated'), cell: (one) => moment(one.activatedAt) },
              ]}
            />
            <NextPage next={data.hasMore ? String(data.results.at(-1)?.version ?? '') : null} name="before" />
          </>
        )}
      </Answer>
    </Page>
  )
}
