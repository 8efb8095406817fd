import { Button, Stack, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { State } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { useWords } from './words.ts'

export function Workflows() {
  const { t } = useTranslation()
  const may = useMay()
  const { number } = useFormat()
  const { triggerName } = useWords()
  const query = useQuery({ queryKey: ['workflows'], queryFn: () => ask(api.GET('/api/v1/workflows')) })
  const create = may('workflow:manage') ? (
    <Button component={Link} to="/workflows/new" leftSection={<IconPlus size={18} />}>
      {t('workflows.create')}
    </Button>
  ) : null
  return (
    <Page
      title={t('workflows.title')}
      about={t('workflows.about')}
      actions={
        <>
          <Button variant="default" component={Link} to="/executions">
            {t('executions.title')}
          </Button>
          {create}
        </>
      }
    >
      <Answer query={query}>
        {({ workflows }) => (
          <Listing
            label={t('workflows.title')}
            rows={workflows}
            keyOf={(one) => one.id}
            link={(one) => `/workflows/${one.id}`}
            empty={
              <Empty title={t('workflows.none')} action={create}>
                {t('workflows.noneMore')}
              </Empty>
            }
            columns={[
              { label: t('workflows.name'), cell: (one) => one.name },
              {
                label: t('common.state'),
                cell: (one) => (
                  <State tone={one.status === 'active' ? 'good' : 'plain'}>{t(`workflows.${one.status}`)}</State>
                ),
              },
              {
                label: t('workflows.starts'),
                cell: (one) => (
                  <Stack gap={0}>
                    {one.triggers.map((trigger) => (
                      <Text key={trigger} size="sm">
                        {triggerName(trigger)}
                      </Text>
                    ))}
                  </Stack>
                ),
              },
              { label: t('workflows.version'), cell: (one) => number(one.version), atEnd: true },
            ]}
          />
        )}
      </Answer>
    </Page>
  )
}
