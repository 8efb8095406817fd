/**
 * What becomes of the page when its session ends. Where somebody signed out, nothing stays. Where it has expired, the page
 * is kept out of sight with what was typed there, asks nothing of the server, and goes on when the same person signs in
 * again; for anybody else, or after a while, it is thrown away.
 */
import { notifications } from '@mantine/notifications'
import { onlineManager, useQueryClient } from '@tanstack/react-query'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { discardPage, meQuery, readSame } from './me.ts'
import { onSession } from './session-channel.ts'

/** A morning: what was left at the desk is there after the meeting, not for whoever comes the next day. */
const keptMs = 4 * 60 * 60 * 1000

export function useSessionEnd(): { isExpired: boolean; resume: () => Promise<void> } {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { href, pathname } = useLocation()
  const [isExpired, setExpired] = useState(false)

  const resume = useCallback(async () => {
    const known = queries.getQueryData(meQuery.queryKey)
    if (!known) return discardPage('/console/')
    const me = await readSame(known)
    queries.setQueryData(meQuery.queryKey, me)
    // Asked for when the page is on line again; screens read nothing anew meanwhile.
    await queries.invalidateQueries({ refetchType: 'none' })
    setExpired(false)
    if (isExpired)
      notifications.show({ message: t('signIn.resumed'), closeButtonProps: { 'aria-label': t('action.close') } })
    if (me.mfa.setup_required) await navigate({ to: '/account' })
  }, [queries, navigate, isExpired, t])

  useEffect(
    () =>
      onSession((message) => {
        if (message === 'expired') setExpired(true)
        // When it cannot be read who it is, the page stays as it is: kept, or found out by its next request.
        if (message === 'signed-in') resume().catch(() => undefined)
        if (message === 'signed-out') {
          setExpired(false)
          queries.clear()
          queries.setQueryData(meQuery.queryKey, null)
          void navigate({ to: '/sign-in', search: pathname === '/' ? {} : { next: href } })
        }
      }),
    [queries, navigate, resume, href, pathname],
  )

  useEffect(() => {
    if (!isExpired) return
    onlineManager.setOnline(false)
    const timer = setTimeout(() => location.reload(), keptMs)
    return () => {
      clearTimeout(timer)
      onlineManager.setOnline(true)
    }
  }, [isExpired])

  return { isExpired, resume }
}
