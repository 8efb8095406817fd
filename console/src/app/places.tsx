import {
  IconAddressBook,
  IconApps,
  IconBook2,
  IconBuildingStore,
  IconChecklist,
  IconFileCertificate,
  IconFileExport,
  IconFileImport,
  IconFileInvoice,
  IconFileText,
  IconHome,
  IconListDetails,
  IconReport,
  IconReportSearch,
  IconScale,
  IconSettings,
  IconShieldCheck,
  IconSitemap,
  IconUserSearch,
  IconUserShield,
  IconUsers,
  IconWebhook,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Needs } from './me.ts'
import { personalDataNeeds, useMeets } from './me.ts'

type Place = { to: string; title: string; icon: ReactNode; permission: Needs }

/** What the menu leads to: where the user may go. */
export function usePlaces(): { title: string | null; places: Place[] }[] {
  const { t } = useTranslation()
  const meets = useMeets()
  const size = { size: 20, stroke: 1.6 }
  const groups = [
    { title: null, places: [{ to: '/', title: t('home.title'), icon: <IconHome {...size} />, permission: null }] },
    {
      title: t('nav.business'),
      places: [
        { to: '/clients', title: t('clients.title'), icon: <IconBuildingStore {...size} />, permission: 'client:view' },
        { to: '/profiles', title: t('profiles.title'), icon: <IconFileText {...size} />, permission: 'profile:view' },
        { to: '/webhooks', title: t('webhooks.title'), icon: <IconWebhook {...size} />, permission: 'webhook:view' },
      ],
    },
    {
      title: t('nav.work'),
      places: [
        { to: '/approvals', title: t('nav.approvals'), icon: <IconChecklist {...size} />, permission: null },
        { to: '/workflows', title: t('nav.workflows'), icon: <IconSitemap {...size} />, permission: 'workflow:view' },
        { to: '/reports', title: t('nav.reports'), icon: <IconReport {...size} />, permission: 'report:view' },
      ],
    },
    {
      title: t('nav.books'),
      places: [
        {
          to: '/customers',
          title: t('nav.customers'),
          icon: <IconAddressBook {...size} />,
          permission: 'customer:view',
        },
        { to: '/invoices', title: t('nav.invoices'), icon: <IconFileInvoice {...size} />, permission: 'invoice:view' },
        { to: '/entries', title: t('nav.entries'), icon: <IconBook2 {...size} />, permission: 'entry:view' },
        { to: '/fec', title: t('nav.fec'), icon: <IconFileCertificate {...size} />, permission: 'entry:export' },
      ],
    },
    {
      title: t('nav.data'),
      places: [
        { to: '/imports', title: t('nav.imports'), icon: <IconFileImport {...size} />, permission: 'import:view' },
        { to: '/exports', title: t('nav.exports'), icon: <IconFileExport {...size} />, permission: 'export:view' },
        {
          to: '/personal-data',
          title: t('nav.personalData'),
          icon: <IconUserSearch {...size} />,
          permission: personalDataNeeds,
        },
      ],
    },
    {
      title: t('nav.proof'),
      places: [
        { to: '/audit', title: t('audit.title'), icon: <IconReportSearch {...size} />, permission: 'audit:view' },
        {
          to: '/audit/integrity',
          title: t('integrity.title'),
          icon: <IconShieldCheck {...size} />,
          permission: 'audit:verify',
        },
      ],
    },
    {
      title: t('nav.administration'),
      places: [
        { to: '/users', title: t('users.title'), icon: <IconUsers {...size} />, permission: 'user:view' },
        { to: '/roles', title: t('roles.title'), icon: <IconUserShield {...size} />, permission: 'role:view' },
        {
          to: '/attributes',
          title: t('nav.attributes'),
          icon: <IconListDetails {...size} />,
          permission: 'attribute:view',
        },
        { to: '/scorecards', title: t('nav.scorecards'), icon: <IconScale {...size} />, permission: 'scorecard:view' },
        {
          to: '/applications',
          title: t('nav.oauthClients'),
          icon: <IconApps {...size} />,
          permission: 'oauth2-client:view',
        },
        { to: '/settings', title: t('settings.title'), icon: <IconSettings {...size} />, permission: 'tenant:view' },
      ],
    },
  ]
  return groups
    .map((group) => ({
      ...group,
      places: group.places.filter((one) => meets(one.permission)),
    }))
    .filter((group) => group.places.length > 0)
}
