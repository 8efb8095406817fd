import { Code } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useSearchState } from '../app/location.ts'
import type { Tone } from '../parts/controls.tsx'
import { State } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { asPersonType } from './person.ts'

export type Erasure =
  Paths['/api/v1/personal-data/erasures/{erasure_id}']['get']['responses'][200]['content']['application/json']
const size = 10

const tones: Record<Erasure['status'], Tone> = {
  pending: 'waiting',
  running: 'waiting',
  completed: 'good',
  failed: 'bad',
}

export const isGoingOn = ({ status }: Erasure) => status === 'pending' || status === 'running'

export function ErasureState({ status }: { status: Erasure['status'] }) {
  const { t } = useTranslation()
  return <State tone={tones[status]}>{t(`persons.${status}`)}</State>
}

export function useErasureTitle(): (one: Pick<Erasure, 'subject_type'>) => string {
  const { t } = useTranslation()
  return ({ subject_type }) => {
    const type = asPersonType(subject_type)
    return type ? t(`persons.erasureOf.${type}`) : t('persons.erasure')
  }
}

/** Newest first; those under way move. */
export function Erasures() {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const title = useErasureTitle()
  const [search] = useSearchState()
  const page = Math.max(1, Number(search.erasures ?? 1) || 1)
  const query = useQuery({
    queryKey: ['erasures', 'list', page],
    queryFn: () => {
      const given = { limit: size, offset: (page - 1) * size }
      return ask(api.GET('/api/v1/personal-data/erasures', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.erasures.some(isGoingOn) ? 1500 : false),
  })
  return (
    <Answer query={query} rows={3}>
      {({ erasures, has_more }) => (
        <>
          <Listing
            label={t('persons.erasures')}
            rows={erasures}
            keyOf={(one) => one.erasure_id}
            link={(one) => `/personal-data/erasures/${one.erasure_id}`}
            empty={<Empty title={t('persons.noErasures')}>{t('persons.noErasuresMore')}</Empty>}
            columns={[
              { label: t('persons.erasure'), cell: title },
              { label: t('persons.identifier'), cell: (one) => <Code fz="xs">{one.subject_id}</Code> },
              { label: t('persons.asked'), cell: (one) => moment(one.created_at) },
              { label: t('common.state'), cell: (one) => <ErasureState status={one.status} /> },
              { label: t('persons.ended'), cell: (one) => moment(one.ended_at) },
            ]}
          />
          <NextPage next={has_more ? String(page + 1) : null} name="erasures" />
        </>
      )}
    </Answer>
  )
}
