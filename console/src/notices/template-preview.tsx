import { Badge, Button, Paper, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useAct } from '../parts/act.tsx'
import { Payload, Section } from '../parts/page.tsx'
import { Failure } from '../parts/states.tsx'
import type { Content } from './template-form.tsx'

type Given = { id: string; content: Content; language: 'fr' | 'en' }

/** What the message would say, also of a template that is not saved. */
export function TemplatePreview({ id, content, language }: Given) {
  const { t } = useTranslation()
  const act = useAct({
    run: () =>
      ask(
        api.POST('/api/v1/notifications/templates/{template_id}/preview', {
          params: { path: { template_id: id } },
          body: { language, template: content },
        }),
      ),
    silent: true,
  })
  const preview = act.data
  return (
    <Section
      title={t('noticeTemplates.preview')}
      about={t('noticeTemplates.previewAbout')}
      actions={
        <Button variant="default" loading={act.isPending} onClick={() => act.mutate()}>
          {t('noticeTemplates.previewShow')}
        </Button>
      }
    >
      <div aria-live="polite">
        {act.error ? <Failure error={act.error} /> : null}
        {preview && !act.error ? (
          <Stack>
            <Paper withBorder p="md" maw={560} lang={preview.language}>
              <Text fw={650}>{preview.title}</Text>
              <Text style={{ whiteSpace: 'pre-line' }}>{preview.body}</Text>
              {preview.action ? (
                <Stack gap={4} mt="sm" align="flex-start">
                  <Badge size="lg" radius="sm" tt="none">
                    {preview.action.label ?? preview.action.url}
                  </Badge>
                  <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                    {preview.action.url}
                  </Text>
                </Stack>
              ) : null}
            </Paper>
            {preview.html ? (
              <div>
                <Text size="sm" fw={600}>
                  {t('noticeTemplates.source')}
                </Text>
                <Payload>{preview.html}</Payload>
              </div>
            ) : null}
          </Stack>
        ) : null}
      </div>
    </Section>
  )
}
