import { Button, Checkbox, Code, Group, SimpleGrid, Stack, Tabs, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { Section } from '../parts/page.tsx'
import { Failure } from '../parts/states.tsx'
import { TemplatePreview } from './template-preview.tsx'
import { TemplateVariables } from './template-variables.tsx'

export type Template =
  Paths['/api/v1/notifications/templates/{template_id}']['get']['responses'][200]['content']['application/json']
export type Content =
  Paths['/api/v1/notifications/templates/{template_id}']['put']['requestBody']['content']['application/json']
type Words = NonNullable<Content['texts']['fr']>

const languages = ['fr', 'en'] as const
const channels = ['email', 'in_app', 'webhook'] as const

/** What is empty is left out; a language without title and text as well. */
function contentOf({ name, category, channels: chosen, variables, texts }: Content): Content {
  const wordsOf = (words: Words | undefined) => {
    if (!words || (words.title === '' && words.body === '')) return null
    const { title, body, html, action } = words
    return { title, body, ...(html ? { html } : {}), ...(action?.label || action?.url ? { action } : {}) }
  }
  const kept = languages.flatMap((one) => {
    const words = wordsOf(texts[one])
    return words ? [[one, words] as const] : []
  })
  return { name: name.trim(), category: category.trim(), channels: chosen, variables, texts: Object.fromEntries(kept) }
}

export function TemplateForm({ template }: { template: Template }) {
  const { t } = useTranslation()
  const { language } = useFormat()
  const may = useMay()
  const [values, setValues] = useState<Content>(template)
  const [shown, setShown] = useState<'fr' | 'en'>(language)
  const readOnly = !may('notification:manage')
  const act = useAct({
    run: () =>
      ask(
        api.PUT('/api/v1/notifications/templates/{template_id}', {
          params: { path: { template_id: template.id } },
          body: contentOf(values),
        }),
      ),
    done: t('noticeTemplates.saved'),
    refresh: [['notification-templates']],
    silent: true,
  })
  const words = values.texts[shown] ?? { title: '', body: '' }
  const setWords = (change: Partial<Words>) =>
    setValues({ ...values, texts: { ...values.texts, [shown]: { ...words, ...change } } })
  const setAction = (change: Partial<NonNullable<Words['action']>>) =>
    setWords({ action: { label: '', url: '', ...words.action, ...change } })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        act.mutate()
      }}
    >
      <Stack>
        <Section title={t('clients.overview')}>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput
              label={t('noticeTemplates.name')}
              required
              maxLength={100}
              readOnly={readOnly}
              value={values.name}
              onChange={(event) => setValues({ ...values, name: event.currentTarget.value })}
            />
            <TextInput
              label={t('noticeTemplates.category')}
              description={t('noticeTemplates.categoryHint')}
              required
              pattern="[a-z][a-z0-9_]{0,39}"
              readOnly={readOnly}
              value={values.category}
              onChange={(event) => setValues({ ...values, category: event.currentTarget.value })}
            />
            <TextInput label={t('noticeTemplates.id')} readOnly value={template.id} />
            <Checkbox.Group
              label={t('noticeTemplates.channels')}
              value={values.channels}
              readOnly={readOnly}
              onChange={(chosen) => setValues({ ...values, channels: channels.filter((one) => chosen.includes(one)) })}
            >
              <Group mt={8}>
                {channels.map((one) => (
                  <Checkbox key={one} value={one} label={t(`channel.${one}`)} disabled={readOnly} />
                ))}
              </Group>
            </Checkbox.Group>
          </SimpleGrid>
        </Section>
        <TemplateVariables
          variables={values.variables}
          readOnly={readOnly}
          onChange={(variables) => setValues({ ...values, variables })}
        />
        <Section
          title={t('noticeTemplates.texts')}
          about={
            <>
              {t('noticeTemplates.textsAbout')} <Code>{'{{ amount | money }}'}</Code>
            </>
          }
        >
          <Tabs value={shown} onChange={(tab) => setShown(tab === 'en' ? 'en' : 'fr')}>
            <Tabs.List mb="md">
              <Tabs.Tab value="fr">{t('noticeTemplates.french')}</Tabs.Tab>
              <Tabs.Tab value="en">{t('noticeTemplates.english')}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value={shown}>
              <Stack>
                <TextInput
                  label={t('noticeTemplates.titleText')}
                  maxLength={500}
                  readOnly={readOnly}
                  value={words.title}
                  onChange={(event) => setWords({ title: event.currentTarget.value })}
                />
                <Textarea
                  label={t('noticeTemplates.bodyText')}
                  autosize
                  minRows={3}
                  readOnly={readOnly}
                  value={words.body}
                  onChange={(event) => setWords({ body: event.currentTarget.value })}
                />
                <SimpleGrid cols={{ base: 1, xs: 2 }}>
                  <TextInput
                    label={t('noticeTemplates.actionLabel')}
                    maxLength={200}
                    readOnly={readOnly}
                    value={words.action?.label ?? ''}
                    onChange={(event) => setAction({ label: event.currentTarget.value })}
                  />
                  <TextInput
                    label={t('noticeTemplates.actionUrl')}
                    maxLength={1000}
                    readOnly={readOnly}
                    value={words.action?.url ?? ''}
                    onChange={(event) => setAction({ url: event.currentTarget.value })}
                  />
                </SimpleGrid>
                <Textarea
                  label={t('noticeTemplates.htmlText')}
                  autosize
                  minRows={2}
                  maxRows={16}
                  readOnly={readOnly}
                  value={words.html ?? ''}
                  onChange={(event) => setWords({ html: event.currentTarget.value })}
                />
              </Stack>
            </Tabs.Panel>
          </Tabs>
        </Section>
        <TemplatePreview id={template.id} content={contentOf(values)} language={shown} />
        {act.error ? <Failure error={act.error} /> : null}
        {readOnly ? null : (
          <Group justify="flex-end">
            <Button type="submit" loading={act.isPending}>
              {t('action.save')}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}
