import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { queries } from '../api/queries.ts'
import { Failure, Loading, NoPage } from '../parts/states.tsx'
import type { Area } from '../texts/texts.ts'
import { loadTexts } from '../texts/texts.ts'
import type { Search } from './location.ts'
import { meQuery } from './me.ts'
import { Shell } from './shell.tsx'

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)))

const readSearch = (given: Record<string, unknown>): Search =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]))

const root = createRootRoute({ component: Outlet, validateSearch: readSearch, notFoundComponent: NoPage })

const outside = (path: string, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as never, name) })

/** Screens behind the sign-in; whoever is not signed in comes back after it. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  beforeLoad: async ({ location }) => {
    const me = await queries.ensureQueryData(meQuery)
    if (!me) redirect({ to: '/sign-in', search: location.pathname === '/' ? {} : { next: location.href }, throw: true })
    else if (me.mfa.setup_required && location.pathname !== '/account') redirect({ to: '/account', throw: true })
  },
  errorComponent: ({ error, reset }) => <Failure error={asError(error)} retry={reset} />,
})

type Load = () => Promise<Record<string, unknown>>

/** The screen comes with its texts. */
const screen = (path: string, load: Load, name: string, texts: readonly Area[] = []) =>
  createRoute({
    getParentRoute: () => inside,
    path,
    component: lazyRouteComponent((async () => (await Promise.all([load(), loadTexts(texts)]))[0]) as never, name),
    pendingComponent: Loading,
    errorComponent: ({ error, reset }) => <Failure error={asError(error)} retry={reset} />,
  })

const routeTree = root.addChildren([
  outside('/sign-in', () => import('../sign-in/sign-in.tsx'), 'SignIn'),
  outside('/forgot-password', () => import('../sign-in/links.tsx'), 'ForgotPassword'),
  outside('/reset-password', () => import('../sign-in/links.tsx'), 'ResetPassword'),
  outside('/accept-invitation', () => import('../sign-in/links.tsx'), 'AcceptInvitation'),
  inside.addChildren([
    screen('/', () => import('../home/home.tsx'), 'Home', ['actions']),
    screen('/clients', () => import('../clients/clients.tsx'), 'Clients'),
    screen('/clients/$uid', () => import('../clients/client.tsx'), 'ClientScreen'),
    screen('/webhooks', () => import('../webhooks/webhooks.tsx'), 'Webhooks'),
    screen('/webhooks/$pk', () => import('../webhooks/webhook.tsx'), 'WebhookScreen'),
    screen('/deliveries/$pk', () => import('../webhooks/delivery.tsx'), 'DeliveryScreen'),
    screen('/users', () => import('../people/users.tsx'), 'Users'),
    screen('/roles', () => import('../people/roles.tsx'), 'Roles', ['access']),
    screen('/account', () => import('../account/account.tsx'), 'Account'),
    screen('/audit', () => import('../audit/events.tsx'), 'AuditEvents', ['actions']),
    screen('/audit/integrity', () => import('../audit/integrity.tsx'), 'AuditIntegrity', ['actions']),
    screen('/audit/$id', () => import('../audit/event.tsx'), 'AuditEvent', ['actions']),
    screen('/profiles', () => import('../profiles/profiles.tsx'), 'Profiles'),
    screen('/profiles/new', () => import('../profiles/new-profile.tsx'), 'NewProfile'),
    screen('/profiles/$pk', () => import('../profiles/profile.tsx'), 'ProfileScreen'),
    screen('/settings', () => import('../settings/settings.tsx'), 'Settings'),
    screen('/approvals', () => import('../workflows/approvals.tsx'), 'Approvals', ['workflows']),
    screen('/workflows', () => import('../workflows/workflows.tsx'), 'Workflows', ['workflows']),
    screen('/workflows/new', () => import('../workflows/editor.tsx'), 'NewWorkflow', ['workflows']),
    screen('/workflows/$id', () => import('../workflows/workflow.tsx'), 'WorkflowScreen', ['workflows']),
    screen('/workflows/$id/edit', () => import('../workflows/editor.tsx'), 'EditWorkflow', ['workflows']),
    screen('/reports', () => import('../reports/reports.tsx'), 'Reports', ['reports']),
    screen('/reports/templates', () => import('../reports/templates.tsx'), 'ReportTemplates', ['reports']),
    screen('/reports/templates/new', () => import('../reports/template.tsx'), 'NewReportTemplate', ['reports']),
    screen('/reports/templates/$id', () => import('../reports/template.tsx'), 'ReportTemplateScreen', ['reports']),
    screen('/reports/schedules', () => import('../reports/schedules.tsx'), 'Schedules', ['reports']),
    screen('/executions', () => import('../workflows/executions.tsx'), 'Executions', ['workflows']),
    screen('/executions/$id', () => import('../workflows/execution.tsx'), 'ExecutionScreen', ['workflows']),
    screen('/imports', () => import('../imports/imports.tsx'), 'Imports', ['data']),
    screen('/imports/new', () => import('../imports/new-import.tsx'), 'NewImport', ['data']),
    screen('/imports/templates', () => import('../imports/templates.tsx'), 'ImportTemplates', ['data']),
    screen('/imports/$id', () => import('../imports/import.tsx'), 'ImportScreen', ['data']),
    screen('/exports', () => import('../exports/exports.tsx'), 'Exports', ['data', 'exports']),
    screen('/exports/new', () => import('../exports/new-export.tsx'), 'NewExport', ['data', 'exports', 'ledger']),
    screen('/fec', () => import('../exports/fec.tsx'), 'Fec', ['data', 'exports']),
    screen('/customers', () => import('../ledger/customers.tsx'), 'Customers', ['ledger']),
    screen('/customers/$id', () => import('../ledger/customer.tsx'), 'CustomerScreen', ['ledger']),
    screen('/invoices', () => import('../ledger/invoices.tsx'), 'Invoices', ['ledger']),
    screen('/invoices/new', () => import('../ledger/new-invoice.tsx'), 'NewInvoice', ['ledger']),
    screen('/invoices/$id', () => import('../ledger/invoice.tsx'), 'InvoiceScreen', ['ledger']),
    screen('/entries', () => import('../ledger/entries.tsx'), 'Entries', ['ledger']),
    screen('/entries/new', () => import('../ledger/new-entry.tsx'), 'NewEntry', ['ledger']),
    screen('/entries/account', () => import('../ledger/account-lines.tsx'), 'AccountLines', ['ledger']),
    screen('/attributes', () => import('../scoring/attributes.tsx'), 'Attributes', ['scoring']),
    screen('/scorecards', () => import('../scoring/scorecards.tsx'), 'Scorecards', ['scoring']),
    screen('/scorecards/$version', () => import('../scoring/scorecard.tsx'), 'ScorecardScreen', ['scoring']),
    screen('/applications', () => import('../oauth/applications.tsx'), 'Applications', ['notices']),
    screen('/applications/$id', () => import('../oauth/application.tsx'), 'ApplicationScreen', ['notices']),
    screen('/notifications', () => import('../notices/notifications.tsx'), 'Notifications', ['notices']),
    screen('/notifications/sent', () => import('../notices/sent.tsx'), 'SentMessages', ['notices']),
    screen('/notifications/sent/$id', () => import('../notices/sent-message.tsx'), 'SentMessage', ['notices']),
    screen('/notifications/templates', () => import('../notices/templates.tsx'), 'NoticeTemplates', ['notices']),
    screen('/notifications/templates/$id', () => import('../notices/template.tsx'), 'NoticeTemplateScreen', [
      'notices',
    ]),
    screen('/entries/$id', () => import('../ledger/entry.tsx'), 'EntryScreen', ['ledger']),
  ]),
])

export const router = createRouter({
  routeTree,
  basepath: '/console',
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultNotFoundComponent: NoPage,
})
