import { Badge, Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { State, useConfirm } from '../parts/controls.tsx'
import { Listing } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { AttributeForm } from './attribute-form.tsx'
import { Requirements } from './requirements.tsx'

export type Catalogue =
  Paths['/api/v1/metadata/attributes/']['get']['responses'][200]['content']['application/json']['data']
export type Attribute = Catalogue['attributes'][number]
export const attributesKey = ['attributes']

/** The account's catalogue: what profiles ask for. */
export function Attributes() {
  const { t } = useTranslation()
  const may = useMay()
  const [search, change] = useSearchState()
  const [edited, setEdited] = useState<Attribute | 'new' | null>(null)
  const query = useQuery({ queryKey: attributesKey, queryFn: () => ask(api.GET('/api/v1/metadata/attributes/')) })
  const manages = may('attribute:manage')
  const wanted = (search.q ?? '').toLowerCase()
  const fits = (one: Attribute) =>
    (search.retired === 'true' || !one.isRetired) &&
    `${one.name} ${one.displayedName} ${one.category}`.toLowerCase().includes(wanted)
  return (
    <Page
      title={t('attributes.title')}
      about={t('attributes.about')}
      actions={
        manages ? (
          <Button leftSection={<IconPlus size={18} />} onClick={() => setEdited('new')}>
            {t('attributes.create')}
          </Button>
        ) : null
      }
    >
      <Group>
        <TextInput
          type="search"
          aria-label={t('attributes.search')}
          placeholder={t('attributes.search')}
          defaultValue={search.q ?? ''}
          onChange={(event) => change({ q: event.currentTarget.value || undefined }, { replace: true })}
          flex="1 1 14rem"
          maw={420}
        />
        <Checkbox
          label={t('attributes.showRetired')}
          checked={search.retired === 'true'}
          onChange={(event) => change({ retired: event.currentTarget.checked ? 'true' : undefined }, { replace: true })}
        />
      </Group>
      <Answer query={query} rows={12}>
        {({ data }) => (
          <Stack>
            <Listing
              label={t('attributes.title')}
              rows={data.attributes.filter(fits)}
              keyOf={(one) => one.name}
              empty={<Empty title={t('attributes.none')} />}
              columns={[
                {
                  label: t('attributes.label'),
                  cell: (one) => (
                    <>
                      <Text size="sm" fw={550}>
                        {one.displayedName || one.name}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {one.name}
                      </Text>
                    </>
                  ),
                },
                { label: t('attributes.category'), cell: (one) => one.category },
                { label: t('attributes.type'), cell: (one) => t(`attributeType.${one.type}`) },
                {
                  label: t('common.state'),
                  cell: (one) => (
                    <Group gap={4}>
                      {one.isRetired ? <State tone="plain">{t('attributes.retired')}</State> : null}
                      {one.isRequired ? (
                        <Badge size="sm" variant="default" tt="none">
                          {t('attributes.required')}
                        </Badge>
                      ) : null}
                      {one.sensitiveData ? (
                        <Badge size="sm" variant="default" tt="none">
                          {t('attributes.sensitive')}
                        </Badge>
                      ) : null}
                    </Group>
                  ),
                },
                ...(manages
                  ? [
                      {
                        label: t('common.actions'),
                        cell: (one: Attribute) => <Actions attribute={one} onEdit={() => setEdited(one)} />,
                      },
                    ]
                  : []),
              ]}
            />
            <Requirements key={data.version} catalogue={data} readOnly={!manages} />
            {edited ? (
              <AttributeForm
                key={edited === 'new' ? 'new' : edited.name}
                catalogue={data}
                {...(edited === 'new' ? {} : { attribute: edited })}
                onClose={() => setEdited(null)}
              />
            ) : null}
          </Stack>
        )}
      </Answer>
    </Page>
  )
}

function Actions({ attribute, onEdit }: { attribute: Attribute; onEdit: () => void }) {
  const { t } = useTranslation()
  const confirm = useConfirm()
  const { name, isRetired } = attribute
  const act = useAct({
    run: () =>
      ask(
        api.PATCH('/api/v1/metadata/attributes/{name}/', {
          params: { path: { name } },
          body: { isRetired: !isRetired },
        }),
      ),
    done: isRetired ? t('attributes.restored') : t('attributes.retiredDone'),
    refresh: [attributesKey, ['profiles']],
  })
  const label = isRetired ? t('attributes.restore') : t('attributes.retire')
  return (
    <Group gap={4} wrap="nowrap">
      <Button size="compact-sm" variant="subtle" onClick={onEdit} aria-label={`${t('action.edit')}: ${name}`}>
        {t('action.edit')}
      </Button>
      <Button
        size="compact-sm"
        variant="subtle"
        color={isRetired ? undefined : 'red'}
        aria-label={`${label}: ${name}`}
        onClick={() =>
          isRetired
            ? act.mutate()
            : confirm({
                title: t('attributes.retireTitle', { name: attribute.displayedName || name }),
                text: t('attributes.retireText'),
                action: t('attributes.retire'),
                run: () => act.mutate(),
              })
        }
      >
        {label}
      </Button>
    </Group>
  )
}
