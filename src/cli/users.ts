/** `clientele user create|reset-password|reset-mfa` */
import type { Command } from 'commander'
import { Option } from 'commander'
import { roles } from '#features/access/index.ts'
import type { Runtime } from '../runtime.ts'
import { CommandError } from './exit-codes.ts'
import { runAsOperator } from './operator.ts'
import { print } from './output.ts'
import type { NewPassword } from './password-input.ts'
import { readNewPassword } from './password-input.ts'
import { requireTenant } from './require-tenant.ts'
import { withRuntime } from './with-runtime.ts'

const passwordHelp = `
The password comes from standard input (--password-stdin), is asked for at a terminal, or else is generated and printed once.`

type CreateOptions = { tenant: string; email: string; name?: string; role: string[]; passwordStdin?: true }
type Whose = { tenant: string; email: string }
type ResetOptions = { tenant: string; email: string; passwordStdin?: true }

export function addUserCommands(program: Command): void {
  const user = program.command('user').description('people who sign in')
  user
    .command('create')
    .description('creates a user of a tenant')
    .requiredOption('--tenant <id>', 'the tenant')
    .requiredOption('--email <address>', 'signs in with it')
    .option('--name <name>', 'what people call them; absent = the e-mail address')
    .addOption(new Option('--role <role...>', 'what they may do').choices(Object.keys(roles)).makeOptionMandatory())
    .option('--password-stdin', 'read the password from standard input')
    .addHelpText(
      'after',
      `${passwordHelp}

Examples:
  $ clientele user create --tenant tenant_001 --email jeanne@example.com --name "Jeanne Moreau" --role admin
  $ pass show clientele/jeanne | clientele user create --tenant tenant_001 --email jeanne@example.com --role operator auditor --password-stdin`,
    )
    .action(async (options: CreateOptions) => {
      const chosen = await readNewPassword(options)
      const { email, tenant } = options
      const input = { email, displayName: options.name ?? email, password: chosen.password, roles: options.role }
      const { createUser } = await import('#features/users/index.ts')
      const created = await withRuntime(async (runtime) => {
        await requireTenant(runtime, tenant)
        return runAsOperator(runtime.services, tenant, createUser, input)
      })
      print(`Created ${email} (${created.id}) in ${tenant}.${shownOnce(chosen)}`)
    })
  user
    .command('reset-password')
    .description("sets a user's password, ends all sessions of the user, and lets a deactivated user in again")
    .requiredOption('--tenant <id>', 'the tenant')
    .requiredOption('--email <address>', 'whose')
    .option('--password-stdin', 'read the password from standard input')
    .addHelpText(
      'after',
      `${passwordHelp}

Example:
  $ clientele user reset-password --tenant tenant_001 --email admin@example.com`,
    )
    .action(async (options: ResetOptions) => {
      const chosen = await readNewPassword(options)
      const { email, tenant } = options
      const { resetPassword } = await import('#features/users/index.ts')
      await withRuntime(async (runtime) => {
        await requireTenant(runtime, tenant)
        await runAsOperator(runtime.services, tenant, resetPassword, { email, password: chosen.password })
      })
      print(`The password of ${email} is set and all sessions have ended.${shownOnce(chosen)}`)
    })
  user
    .command('reset-mfa')
    .description('takes all second factors of a user who has lost them away, and ends all sessions of the user')
    .requiredOption('--tenant <id>', 'the tenant')
    .requiredOption('--email <address>', 'whose')
    .addHelpText(
      'after',
      `
For the last owner, whom nobody else can help; others are helped by an administrator in the console. The password stays.
Make sure that it is them who ask: whoever has the password can sign in with nothing else then.

Example:
  $ clientele user reset-mfa --tenant tenant_001 --email admin@example.com`,
    )
    .action(async ({ email, tenant }: Whose) => {
      await withRuntime(async (runtime) => {
        await requireTenant(runtime, tenant)
        const userId = await findUserId(runtime, { tenant, email })
        const { resetMfa } = await import('#features/mfa/index.ts')
        await runAsOperator(runtime.services, tenant, resetMfa, { userId })
      })
      print(`${email} has no second factor any more, and all sessions have ended.`)
    })
}

const usersAtOnce = 200

async function findUserId({ services }: Runtime, { tenant, email }: Whose): Promise<string> {
  const { emailKey, listUsers } = await import('#features/users/index.ts')
  let after: string | undefined
  do {
    const page = { limit: usersAtOnce, ...(after === undefined ? {} : { after }) }
    const { users, next } = await runAsOperator(services, tenant, listUsers, page)
    const found = users.find((one) => emailKey(one.email) === emailKey(email))
    if (found) return found.id
    after = next ?? undefined
  } while (after !== undefined)
  throw new CommandError(`there is no user ${email} in ${tenant}`)
}

function shownOnce({ password, generated }: NewPassword): string {
  return generated ? `\nPassword (shown this once): ${password}` : ''
}
