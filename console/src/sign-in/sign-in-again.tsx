import { Anchor, Stack, Text } from '@mantine/core'
import type { SyntheticEvent } from 'react'
import { useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { discardPage } from '../app/me.ts'
import { SignInForm } from './sign-in-form.tsx'

/** What had the focus last: a button that waits for its answer loses it, and is where one was all the same. */
let lastFocused: HTMLElement | null = null
document.addEventListener('focusin', ({ target }) => {
  if (target instanceof HTMLElement && !target.closest('.sign-in-again')) lastFocused = target
})

/**
 * Dialogs of the page listen at the window and the document: Escape would close the one that is kept, and one that holds
 * the page still would hold the sign-in too. Before their listeners, since this was loaded before any of them opened.
 */
function keepFromPage(event: Event): void {
  if (!document.querySelector('.sign-in-again')) return
  if (event instanceof KeyboardEvent) {
    if (event.key !== 'Escape') return
    event.preventDefault()
  }
  event.stopImmediatePropagation()
}
window.addEventListener('keydown', keepFromPage, { capture: true })
for (const type of ['wheel', 'touchmove']) {
  window.addEventListener(type, keepFromPage, { capture: true, passive: true })
}

const refuse = (event: SyntheticEvent) => event.preventDefault()

/** Over the page, whose dialogs and all else are inert and out of sight beneath it; the page goes on where it was. */
export function SignInAgain({ onSignedIn }: { onSignedIn: () => Promise<void> }) {
  const { t } = useTranslation()
  const dialog = useRef<HTMLDialogElement>(null)
  // The title may name a client.
  const [title] = useState(document.title)
  useLayoutEffect(() => {
    const { current } = dialog
    const page = document.documentElement.dataset
    page.kept = ''
    current?.showModal()
    current?.querySelector('input')?.focus()
    return () => {
      delete page.kept
      current?.close()
      document.title = title
      lastFocused?.focus({ preventScroll: true })
    }
  }, [title])
  return (
    <dialog ref={dialog} className="sign-in-again" aria-label={t('signIn.title')} onCancel={refuse}>
      <SignInForm
        onSignedIn={onSignedIn}
        below={
          <Stack align="center" gap="sm">
            <Anchor size="sm" href="/console/forgot-password" target="_blank" rel="noopener">
              {t('signIn.forgot')}
            </Anchor>
            <Anchor size="sm" component="button" type="button" onClick={() => discardPage('/console/sign-in')}>
              {t('signIn.discard')}
            </Anchor>
          </Stack>
        }
      >
        <Text size="sm">{t('signIn.expired')}</Text>
      </SignInForm>
    </dialog>
  )
}
