import type { AsyncRouteComponent, ErrorComponentProps } from '@tanstack/react-router'
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  useRouter,
} from '@tanstack/react-router'
import { Problem } from '../api/problem.ts'
import { queries } from '../api/queries.ts'
import { FailedPage, LoadingPage, NoPage, NoPermission, Starting } from '../parts/states.tsx'
import type { Area } from '../texts/texts.ts'
import { loadTexts } from '../texts/texts.ts'
import type { Search } from './location.ts'
import type { Needs } from './me.ts'
import { meQuery, personalDataNeeds, useMeets } from './me.ts'
import { Shell } from './shell.tsx'

/** Asks again for what a screen could not be shown without: the user, or the code of the screen itself. */
function Failed({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const retry = () => {
    if (!(error instanceof Problem)) return location.reload()
    reset()
    void router.invalidate()
  }
  return <FailedPage error={error} retry={retry} />
}

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
  pendingComponent: Starting,
  errorComponent: (props) => (
    <main>
      <Failed {...props} />
    </main>
  ),
})

type Load = () => Promise<Record<string, unknown>>
/** The screen, or that it is not for this user: nothing is asked that would be refused. */
function allowed(needs: Needs, Content: AsyncRouteComponent<unknown>): AsyncRouteComponent<unknown> {
  if (needs === null) return Content
  const Allowed = () => (useMeets()(needs) ? <Content /> : <NoPermission isPage />)
  return Object.assign(Allowed, { preload: Content.preload })
}

/** The screen comes with its texts. */
const screen = (path: string, [load, name]: readonly [Load, string], needs: Needs, texts: readonly Area[] = []) =>
  createRoute({
    getParentRoute: () => inside,
    path,
    component: allowed(
      needs,
      lazyRouteComponent((async () => (await Promise.all([load(), loadTexts(texts)]))[0]) as never, name),
    ),
  })

const personalDataTexts: readonly Area[] = ['exports', 'persons', 'problems']

const routeTree = root.addChildren([
  outside('/sign-in', () => import('../sign-in/sign-in.tsx'), 'SignIn'),
  outside('/forgot-password', () => import('../sign-in/links.tsx'), 'ForgotPassword'),
  outside('/reset-password', () => import('../sign-in/links.tsx'), 'ResetPassword'),
  outside('/accept-invitation', () => import('../sign-in/links.tsx'), 'AcceptInvitation'),
  inside.addChildren([
    screen('/', [() => import('../home/home.tsx'), 'Home'], null, ['actions']),
    screen('/clients', [() => import('../clients/clients.tsx'), 'Clients'], 'client:view'),
    screen('/clients/$uid', [() => import('../clients/client.tsx'), 'ClientScreen'], 'client:view'),
    screen('/webhooks', [() => import('../webhooks/webhooks.tsx'), 'Webhooks'], 'webhook:view'),
    screen('/webhooks/$pk', [() => import('../webhooks/webhook.tsx'), 'WebhookScreen'], 'webhook:view'),
    screen('/deliveries/$pk', [() => import('../webhooks/delivery.tsx'), 'DeliveryScreen'], 'webhook:view'),
    screen('/users', [() => import('../people/users.tsx'), 'Users'], 'user:view'),
    screen('/roles', [() => import('../people/roles.tsx'), 'Roles'], 'role:view', ['access']),
    screen('/account', [() => import('../account/account.tsx'), 'Account'], null),
    screen('/audit', [() => import('../audit/events.tsx'), 'AuditEvents'], 'audit:view', ['actions']),
    screen('/audit/integrity', [() => import('../audit/integrity.tsx'), 'AuditIntegrity'], 'audit:view', [
      'actions',
      'problems',
    ]),
    screen('/audit/$id', [() => import('../audit/event.tsx'), 'AuditEvent'], 'audit:view', ['actions']),
    screen('/profiles', [() => import('../profiles/profiles.tsx'), 'Profiles'], 'profile:view'),
    screen('/profiles/new', [() => import('../profiles/new-profile.tsx'), 'NewProfile'], 'profile:create'),
    screen('/profiles/$pk', [() => import('../profiles/profile.tsx'), 'ProfileScreen'], 'profile:view'),
    screen('/settings', [() => import('../settings/settings.tsx'), 'Settings'], 'tenant:view'),
    screen('/approvals', [() => import('../workflows/approvals.tsx'), 'Approvals'], null, ['workflows']),
    screen('/workflows', [() => import('../workflows/workflows.tsx'), 'Workflows'], 'workflow:view', ['workflows']),
    screen('/workflows/new', [() => import('../workflows/editor.tsx'), 'NewWorkflow'], 'workflow:manage', [
      'workflows',
    ]),
    screen('/workflows/$id', [() => import('../workflows/workflow.tsx'), 'WorkflowScreen'], 'workflow:view', [
      'workflows',
    ]),
    screen('/workflows/$id/edit', [() => import('../workflows/editor.tsx'), 'EditWorkflow'], 'workflow:manage', [
      'workflows',
    ]),
    screen('/reports', [() => import('../reports/reports.tsx'), 'Reports'], 'report:view', ['problems', 'reports']),
    screen('/reports/templates', [() => import('../reports/templates.tsx'), 'ReportTemplates'], 'report:view', [
      'reports',
    ]),
    screen('/reports/templates/new', [() => import('../reports/template.tsx'), 'NewReportTemplate'], 'report:manage', [
      'reports',
    ]),
    screen('/reports/templates/$id', [() => import('../reports/template.tsx'), 'ReportTemplateScreen'], 'report:view', [
      'reports',
    ]),
    screen('/reports/schedules', [() => import('../reports/schedules.tsx'), 'Schedules'], 'report:view', ['reports']),
    screen('/executions', [() => import('../workflows/executions.tsx'), 'Executions'], 'workflow:view', ['workflows']),
    screen('/executions/$id', [() => import('../workflows/execution.tsx'), 'ExecutionScreen'], 'workflow:view', [
      'workflows',
    ]),
    screen('/imports', [() => import('../imports/imports.tsx'), 'Imports'], 'import:view', ['data']),
    screen('/imports/new', [() => import('../imports/new-import.tsx'), 'NewImport'], 'import:run', [
      'data',
      'problems',
    ]),
    screen(
      '/imports/templates',
      [() => import('../imports/templates.tsx'), 'ImportTemplates'],
      'import-template:view',
      ['data'],
    ),
    screen('/imports/$id', [() => import('../imports/import.tsx'), 'ImportScreen'], 'import:view', [
      'data',
      'problems',
    ]),
    screen('/exports', [() => import('../exports/exports.tsx'), 'Exports'], 'export:view', [
      'data',
      'exports',
      'problems',
    ]),
    screen('/exports/new', [() => import('../exports/new-export.tsx'), 'NewExport'], 'export:create', [
      'data',
      'exports',
      'ledger',
    ]),
    screen('/fec', [() => import('../exports/fec.tsx'), 'Fec'], 'entry:export', ['data', 'exports', 'problems']),
    screen(
      '/personal-data',
      [() => import('../personal-data/personal-data.tsx'), 'PersonalData'],
      personalDataNeeds,
      personalDataTexts,
    ),
    screen(
      '/personal-data/users/$id',
      [() => import('../personal-data/person-screen.tsx'), 'UserData'],
      personalDataNeeds,
      personalDataTexts,
    ),
    screen(
      '/personal-data/customers/$id',
      [() => import('../personal-data/person-screen.tsx'), 'CustomerData'],
      personalDataNeeds,
      personalDataTexts,
    ),
    screen(
      '/personal-data/profiles/$pk',
      [() => import('../personal-data/person-screen.tsx'), 'ProfileData'],
      personalDataNeeds,
      personalDataTexts,
    ),
    screen(
      '/personal-data/erasures/$id',
      [() => import('../personal-data/erasure.tsx'), 'ErasureScreen'],
      'personal-data:erase',
      [...personalDataTexts, 'ledger'],
    ),
    screen('/customers', [() => import('../ledger/customers.tsx'), 'Customers'], 'customer:view', ['ledger']),
    screen('/customers/$id', [() => import('../ledger/customer.tsx'), 'CustomerScreen'], 'customer:view', ['ledger']),
    screen('/invoices', [() => import('../ledger/invoices.tsx'), 'Invoices'], 'invoice:view', ['ledger']),
    screen('/invoices/new', [() => import('../ledger/new-invoice.tsx'), 'NewInvoice'], 'invoice:create', ['ledger']),
    screen('/invoices/$id', [() => import('../ledger/invoice.tsx'), 'InvoiceScreen'], 'invoice:view', [
      'ledger',
      'workflows',
    ]),
    screen('/entries', [() => import('../ledger/entries.tsx'), 'Entries'], 'entry:view', ['ledger']),
    screen('/entries/new', [() => import('../ledger/new-entry.tsx'), 'NewEntry'], 'entry:create', ['ledger']),
    screen('/entries/account', [() => import('../ledger/account-lines.tsx'), 'AccountLines'], 'entry:view', ['ledger']),
    screen('/attributes', [() => import('../scoring/attributes.tsx'), 'Attributes'], 'attribute:view', ['scoring']),
    screen('/scorecards', [() => import('../scoring/scorecards.tsx'), 'Scorecards'], 'scorecard:view', [
      'scoring',
      'problems',
    ]),
    screen('/scorecards/$version', [() => import('../scoring/scorecard.tsx'), 'ScorecardScreen'], 'scorecard:view', [
      'scoring',
      'problems',
    ]),
    screen('/applications', [() => import('../oauth/applications.tsx'), 'Applications'], 'oauth2-client:view', [
      'notices',
    ]),
    screen('/applications/$id', [() => import('../oauth/application.tsx'), 'ApplicationScreen'], 'oauth2-client:view', [
      'notices',
    ]),
    screen('/notifications', [() => import('../notices/notifications.tsx'), 'Notifications'], null, ['notices']),
    screen('/notifications/sent', [() => import('../notices/sent.tsx'), 'SentMessages'], 'notification:view', [
      'notices',
    ]),
    screen(
      '/notifications/sent/$id',
      [() => import('../notices/sent-message.tsx'), 'SentMessage'],
      'notification:view',
      ['notices'],
    ),
    screen(
      '/notifications/templates',
      [() => import('../notices/templates.tsx'), 'NoticeTemplates'],
      'notification:view',
      ['notices'],
    ),
    screen(
      '/notifications/templates/$id',
      [() => import('../notices/template.tsx'), 'NoticeTemplateScreen'],
      'notification:view',
      ['notices'],
    ),
    screen('/entries/$id', [() => import('../ledger/entry.tsx'), 'EntryScreen'], 'entry:view', ['ledger']),
  ]),
])

export const router = createRouter({
  routeTree,
  basepath: '/console',
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultNotFoundComponent: NoPage,
  defaultPendingComponent: LoadingPage,
  defaultPendingMs: 200,
  defaultErrorComponent: Failed,
})
