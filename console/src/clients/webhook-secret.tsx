import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { SecretOnce, State, useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Section } from '../parts/page.tsx'
import { Answer, Empty } from '../parts/states.tsx'

export function WebhookSecret({ uid }: { uid: string }) {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const may = useMay()
  const confirm = useConfirm()
  const [secret, setSecret] = useState<string | null>(null)
  const key = ['clients', uid, 'webhook-secret']
  const params = { params: { path: { uid } } }
  const query = useQuery({
    queryKey: key,
    queryFn: () => ask(api.GET('/api/v1/clients/{uid}/webhook-secret/status', params)),
  })
  const generate = useAct({
    run: () => ask(api.POST('/api/v1/clients/{uid}/webhook-secret/generate', params)),
    refresh: [key],
    onDone: (made) => setSecret(made.webhookSecret),
  })
  const remove = useAct({
    run: () => ask(api.DELETE('/api/v1/clients/{uid}/webhook-secret', params)),
    done: t('hookSecret.removed'),
    refresh: [key],
  })
  const hasSecret = query.data?.hasSecret ?? false
  const replace = () =>
    confirm({
      title: t('hookSecret.replaceTitle'),
      text: t('hookSecret.replaceText'),
      action: t('hookSecret.replace'),
      run: () => generate.mutate(),
    })
  const askRemove = () =>
    confirm({
      title: t('hookSecret.removeTitle'),
      text: t('hookSecret.removeText'),
      action: t('action.delete'),
      run: () => remove.mutate(),
    })
  // Until it is known whether there is one, a new one might take its place unasked.
  const actions =
    query.data && may('webhook-secret:manage') ? (
      <>
        {hasSecret ? (
          <Button variant="default" c="var(--mantine-color-error)" onClick={askRemove}>
            {t('action.delete')}
          </Button>
        ) : null}
        <Button
          variant={hasSecret ? 'default' : 'filled'}
          onClick={() => (hasSecret ? replace() : generate.mutate())}
          loading={generate.isPending}
        >
          {hasSecret ? t('hookSecret.replace') : t('hookSecret.generate')}
        </Button>
      </>
    ) : null
  return (
    <Section title={t('hookSecret.title')} about={t('hookSecret.about')} actions={actions}>
      <Answer query={query} rows={2}>
        {(found) =>
          found.hasSecret ? (
            <Facts
              facts={[
                [
                  t('common.state'),
                  <State key="state" tone="good">
                    {t('hookSecret.there')}
                  </State>,
                ],
                [t('common.created'), moment(found.createdAt)],
              ]}
            />
          ) : (
            <Empty title={t('hookSecret.none')} />
          )
        }
      </Answer>
      <SecretOnce title={t('hookSecret.title')} secret={secret} onClose={() => setSecret(null)} />
    </Section>
  )
}
