import { Anchor, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useLocation, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchState } from '../app/location.ts'
import { onSession } from '../app/session-channel.ts'
import { SignInForm } from './sign-in-form.tsx'

/** Only within the console: an address elsewhere would be an open door for forged links. */
export const ownAddress = (next: string | undefined) => (next && /^\/(?![/\\])/.test(next) ? next : '/')

/** Who is about to sign in; with the page, not in its address. */
export const signInAs = (username: string): object => ({ username })

export function SignIn() {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const router = useRouter()
  const [search] = useSearchState()
  const { username } = useLocation().state as { username?: unknown }
  const enter = async () => {
    queries.clear()
    // The history takes whole addresses; the one to go to is told without the console's own folder.
    router.history.push(router.basepath + ownAddress(search.next))
  }
  // Signed in at another tab: here too.
  useEffect(() => onSession((message) => void (message === 'signed-in' && enter())))
  return (
    <SignInForm
      onSignedIn={enter}
      username={typeof username === 'string' ? username : ''}
      below={
        <Text size="sm" ta="center">
          <Anchor component={Link} to="/forgot-password">
            {t('signIn.forgot')}
          </Anchor>
        </Text>
      }
    />
  )
}
