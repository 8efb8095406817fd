import { Anchor, Button, Checkbox, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { State, useConfirm } from '../parts/controls.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { useColumnName } from './column-names.ts'
import { useEntities } from './import-states.tsx'
import type { Entity, Mapping, Template } from './plan.ts'
import { targetsOf } from './plan.ts'

const refresh = [['import-templates']]

/** Ready templates and the account's own. */
export function ImportTemplates() {
  const { t } = useTranslation()
  const { number, dayOf } = useFormat()
  const { nameOf } = useEntities()
  const may = useMay()
  const confirm = useConfirm()
  const [edited, setEdited] = useState<Template | null>(null)
  const query = useQuery({
    queryKey: ['import-templates'],
    queryFn: () => ask(api.GET('/api/v1/import/templates')),
  })
  const remove = useAct({
    run: (template_id: string) =>
      ask(api.DELETE('/api/v1/import/templates/{template_id}', { params: { path: { template_id } } })),
    done: t('imports.templateRemoved'),
    refresh,
  })
  return (
    <Page
      title={t('imports.templates')}
      about={t('imports.templatesAbout')}
      back={{ to: '/imports', title: t('imports.title') }}
    >
      <Answer query={query}>
        {({ templates }) => (
          <>
            <Listing
              label={t('imports.templates')}
              rows={templates}
              keyOf={(one) => one.id}
              empty={<Empty title={t('imports.none')} />}
              columns={[
                {
                  label: t('imports.template'),
                  cell: (one) =>
                    may('import:run') ? (
                      <Anchor component={Link} to={`/imports/new?template=${one.id}`} fw={550} size="sm">
                        {one.name}
                      </Anchor>
                    ) : (
                      one.name
                    ),
                },
                { label: t('imports.what'), cell: (one) => nameOf(one.entity_type) },
                {
                  label: t('common.state'),
                  cell: (one) =>
                    one.built_in ? (
                      <State tone="info">{t('imports.ready')}</State>
                    ) : (
                      <State tone="plain">{t('imports.own')}</State>
                    ),
                },
                { label: t('imports.mappings'), cell: (one) => number(one.mappings.length), atEnd: true },
                { label: t('common.changed'), cell: (one) => dayOf(one.updated_at) },
                {
                  label: t('common.actions'),
                  cell: (one) =>
                    one.built_in || !may('import-template:manage') ? (
                      '—'
                    ) : (
                      <Group gap={4}>
                        <Button
                          size="compact-sm"
                          variant="subtle"
                          onClick={() => setEdited(one)}
                          aria-label={`${t('action.edit')}: ${one.name}`}
                        >
                          {t('action.edit')}
                        </Button>
                        <Button
                          size="compact-sm"
                          variant="subtle"
                          color="red"
                          aria-label={`${t('action.delete')}: ${one.name}`}
                          onClick={() =>
                            confirm({
                              title: t('imports.removeTitle', { name: one.name }),
                              text: t('imports.removeText'),
                              action: t('action.delete'),
                              run: () => remove.mutate(one.id),
                            })
                          }
                        >
                          {t('action.delete')}
                        </Button>
                      </Group>
                    ),
                },
              ]}
            />
            {edited ? (
              <EditTemplate key={edited.id} template={edited} all={templates} onClose={() => setEdited(null)} />
            ) : null}
          </>
        )}
      </Answer>
    </Page>
  )
}

const manners = ['update', 'skip', 'refuse'] as const
type Row = Mapping & { key: number }

function EditTemplate({
  template,
  all,
  onClose,
}: {
  template: Template
  all: readonly Template[]
  onClose: () => void
}) {
  const { t } = useTranslation()
  const columnName = useColumnName()
  const [name, setName] = useState(template.name)
  const [manner, setManner] = useState(template.on_existing)
  const [rows, setRows] = useState<Row[]>(template.mappings.map((one, key) => ({ ...one, key })))
  const entity = template.entity_type as Entity
  const targets = targetsOf(all, entity)
  const act = useAct({
    run: () =>
      ask(
        api.PUT('/api/v1/import/templates/{template_id}', {
          params: { path: { template_id: template.id } },
          body: {
            name: name.trim(),
            entity_type: entity,
            on_existing: manner,
            mappings: rows.map(({ key: _, default_value, ...one }) => ({
              ...one,
              ...(default_value ? { default_value } : {}),
            })),
          },
        }),
      ),
    done: t('common.saved'),
    refresh,
    onDone: onClose,
  })
  const set = (key: number, change: Partial<Mapping>) =>
    setRows(rows.map((one) => (one.key === key ? { ...one, ...change } : one)))
  const options = (current: string) => {
    const names = targets.map((one) => one.name)
    return [...names, ...(names.includes(current) || current === '' ? [] : [current])].map((value) => ({
      value,
      label: columnName(value),
    }))
  }
  return (
    <Dialog opened onClose={onClose} title={t('imports.templateEdit')} size="xl">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          act.mutate()
        }}
      >
        <Stack>
          <TextInput
            label={t('imports.keepName')}
            value={name}
            required
            maxLength={200}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          <Select
            label={t('imports.existing')}
            data={manners.map((one) => ({ value: one, label: t(`imports.${one}`) }))}
            value={manner}
            allowDeselect={false}
            onChange={(value) => setManner(value ?? 'update')}
          />
          {rows.map((row) => (
            <Group key={row.key} gap="xs" align="flex-end" wrap="wrap">
              <TextInput
                label={t('imports.source')}
                value={row.source_field}
                required
                maxLength={200}
                flex="1 1 9rem"
                onChange={(event) => set(row.key, { source_field: event.currentTarget.value })}
              />
              <Select
                label={t('imports.target')}
                data={options(row.target_field)}
                value={row.target_field || null}
                required
                searchable
                flex="1 1 9rem"
                onChange={(value) => {
                  const { data_type } = targets.find((one) => one.name === value)?.mapping ?? {}
                  set(row.key, { target_field: value ?? '', ...(data_type ? { data_type } : {}) })
                }}
              />
              <TextInput
                label={t('imports.fallback')}
                value={row.default_value ?? ''}
                maxLength={1000}
                flex="1 1 7rem"
                onChange={(event) => set(row.key, { default_value: event.currentTarget.value })}
              />
              <Checkbox
                label={t('imports.needed')}
                checked={row.required ?? false}
                pb={8}
                onChange={(event) => set(row.key, { required: event.currentTarget.checked })}
              />
              <Button
                variant="subtle"
                color="red"
                px={8}
                aria-label={t('imports.removeMapping', { name: row.source_field })}
                onClick={() => setRows(rows.filter((one) => one.key !== row.key))}
              >
                <IconX size={18} />
              </Button>
            </Group>
          ))}
          {rows.length === 0 ? <Text size="sm">{t('form.required')}</Text> : null}
          <Group justify="space-between">
            <Button
              variant="default"
              leftSection={<IconPlus size={16} />}
              onClick={() =>
                setRows([
                  ...rows,
                  { key: Math.max(-1, ...rows.map((one) => one.key)) + 1, source_field: '', target_field: '' },
                ])
              }
            >
              {t('imports.addMapping')}
            </Button>
            <Group>
              <Button variant="default" onClick={onClose}>
                {t('action.cancel')}
              </Button>
              <Button type="submit" loading={act.isPending} disabled={rows.length === 0}>
                {t('action.save')}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
