import { Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import type { Export } from '../exports/export-list.tsx'
import { ExportActions, ExportSize, ExportState, isUnderWay } from '../exports/export-list.tsx'
import { useFormat } from '../parts/format.ts'
import type { Column } from '../parts/listing.tsx'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import type { Subject } from './person.ts'
import { asPersonType } from './person.ts'
import { PersonLink } from './person-link.tsx'

const size = 10
/** Of one person there are few: they are picked out of the newest of all. */
const lookedThrough = 200

function subjectOf({ subject_type, subject_id }: Export): Subject | null {
  const type = asPersonType(subject_type)
  return type && subject_id ? { type, id: subject_id } : null
}

type Given = { of: 'person' | 'tenant'; subject?: Subject }

/** Archives of persons, of one person, or of the account: with what can be done with each; those under way move. */
export function Copies({ of, subject }: Given) {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const [search] = useSearchState()
  const isOfAll = of === 'person' && !subject
  const page = isOfAll ? Math.max(1, Number(search.copies ?? 1) || 1) : 1
  const limit = subject ? lookedThrough : size
  const query = useQuery({
    queryKey: ['exports', of, limit, page],
    queryFn: () => {
      const given = { entity_type: of, limit, offset: (page - 1) * size }
      return ask(api.GET('/api/v1/export', { params: { query: given } }))
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.exports.some(isUnderWay) ? 1500 : false),
  })
  const whom: Column<Export> = {
    label: t('persons.whom'),
    cell: (one) => {
      const whose = subjectOf(one)
      return whose ? <PersonLink subject={whose} /> : '—'
    },
  }
  const isWanted = (one: Export) => !subject || (one.subject_type === subject.type && one.subject_id === subject.id)
  return (
    <Answer query={query} rows={2}>
      {({ exports, has_more }) => (
        <>
          <Listing
            label={t('persons.exports')}
            rows={exports.filter(isWanted)}
            keyOf={(one) => one.export_id}
            empty={<NoCopies of={of} isOfAll={isOfAll} />}
            columns={[
              ...(isOfAll ? [whom] : []),
              { label: t('persons.asked'), cell: (one) => moment(one.created_at) },
              { label: t('common.state'), cell: (one) => <ExportState one={one} /> },
              { label: t('exports.size'), cell: (one) => <ExportSize one={one} />, atEnd: true },
              { label: t('common.actions'), cell: (one) => <ExportActions one={one} /> },
            ]}
          />
          {isOfAll ? <NextPage next={has_more ? String(page + 1) : null} name="copies" /> : null}
        </>
      )}
    </Answer>
  )
}

function NoCopies({ of, isOfAll }: { of: Given['of']; isOfAll: boolean }) {
  const { t } = useTranslation()
  if (isOfAll) return <Empty title={t('persons.noExports')}>{t('persons.noExportsMore')}</Empty>
  return (
    <Text size="sm" c="dimmed">
      {of === 'tenant' ? t('persons.noAccountCopy') : t('persons.noCopy')}
    </Text>
  )
}
