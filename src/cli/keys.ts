/** `clientele key ...`: the master keys that encrypt stored secrets, and the keys that sign access tokens. */
import type { Command } from 'commander'
import { generateFernetKey } from '#kernel/fernet.ts'
import { asOwner } from '#platform/db/owner-connection.ts'
import type { Services } from '#platform/operations/services.ts'
import { ForeignKeysError, requireOwnKeys } from '#platform/secrets/keys-fit.ts'
import type { RotationStep } from '#platform/secrets/master-key-rotation.ts'
import { rotateMasterKeys } from '#platform/secrets/master-key-rotation.ts'
import type { ColumnCensus } from '#platform/secrets/reencrypt.ts'
import { countByKey } from '#platform/secrets/reencrypt.ts'
import { readConfig } from '../config.ts'
import type { Runtime } from '../runtime.ts'
import { CommandError } from './exit-codes.ts'
import { commandOrigin } from './operator.ts'
import { formatTable, print, tell } from './output.ts'
import { requireKeys } from './require-keys.ts'
import { withRuntime } from './with-runtime.ts'

export function addKeyCommands(program: Command): void {
  const key = program.command('key').description('keys that encrypt stored secrets, and that sign access tokens')
  key
    .command('generate')
    .description('prints a new master key (Fernet), for CLIENTELE_MASTER_KEYS')
    .action(() => print(generateFernetKey()))
  key
    .command('status')
    .description('tells which master keys there are and how many stored secrets are under each')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExit code 1 when a stored secret opens under none of the keys.')
    .action((options: { json?: true }) => showStatus(options))
  key
    .command('rotate')
    .description('encrypts every stored secret under a new master key, while servers run')
    .option('--drop-old', 'then remove the old keys from the file, once nothing needs them')
    .addHelpText('after', rotateHelp)
    .action((options: { dropOld?: true }) => rotate({ addKey: true, dropOld: options.dropOld ?? false }))
  key
    .command('drop-old')
    .description('removes the old master keys from the file, after proving that nothing needs them')
    .addHelpText('after', '\nBackups made before the rotation need the old keys: keep a copy with them.')
    .action(() => rotate({ addKey: false, dropOld: true }))
  key
    .command('rotate-signing')
    .description('replaces the key that signs access tokens; without it, that happens every 30 days')
    .option('--immediately', 'in an emergency: sign with the new key at once, and trust the others no longer')
    .addHelpText('after', rotateSigningHelp)
    .action(async (options: { immediately?: true }) => {
      const immediately = options.immediately ?? false
      const id = await withRuntime(({ services }) => services.signingKeys.rotate({ immediately }))
      print(
        immediately
          ? `Published ${id}; it signs from now on. What other keys have signed is refused, by running servers within 5 seconds.`
          : `Published ${id}; it signs in an hour.`,
      )
    })
  key
    .command('replace-lost')
    .description('after the master keys were lost for good: lets servers start under new ones')
    .requiredOption('--lost-for-good', 'no copy of the old master keys is anywhere, neither with the backups')
    .addHelpText('after', replaceLostHelp)
    .action(replaceLost)
  key
    .command('show-webhook')
    .description('prints the key that signs webhooks (X-Webhook-Signature) to clients without a webhook secret')
    .addHelpText('after', '\nIt is one for all of them: give it only to receivers that may know it.')
    .action(async () => {
      requireKeys()
      const { serverKey } = await import('#features/webhooks/index.ts')
      print(await withRuntime(({ services }) => serverKey(services.database, services.secrets)))
    })
}

const rotateSigningHelp = `
Tokens that the old key signed stay valid until they expire.

With --immediately, for a key that somebody else may have: every access token and ID token made before is refused, by
running servers within 5 seconds. Users and programs go on by their refresh tokens; browsers sign in to applications again.`

const rotateHelp = `
Keys in the data directory's file: puts a new key in front, waits until every process of this machine has seen it, and
encrypts everything anew. The old keys stay, for backups made before, until --drop-old or "clientele key drop-old".

Keys in CLIENTELE_MASTER_KEYS: put a new key in front of the setting of every server and restart them, run this with the
same setting, then remove the old keys from the setting.

What opens under none of the keys, after "key replace-lost" for instance, is left as it is, and counted.

Killed in the middle, it can be run again: it goes on where it was.`

const replaceLostHelp = `
Stop the servers, and make a backup of the database as it is first: should the old keys be found, it opens again.

The keys that sign access tokens and the audit log's checkpoints are replaced; sign-ins of applications, remembered answers and
the platform's own webhook key are removed where they do not open. What others have entrusted stays as it is, closed, and is
counted: whoever gave it gives it again.`

async function replaceLost(): Promise<void> {
  requireKeys()
  const { removeLostSecrets } = await import('#platform/secrets/lost-secrets.ts')
  const { removed, lost } = await withRuntime(async ({ owner, masterKeys, services }) => {
    // Were they not lost, nobody's tokens should end.
    if (await opensAll(services)) throw new CommandError('the master keys open what servers need: nothing was replaced')
    const report = await asOwner(owner, (client) => removeLostSecrets(client, masterKeys.current))
    await services.auditKeys.rotate()
    // Last: whoever was stopped before runs the command once more.
    await services.signingKeys.rotate({ immediately: true })
    return report
  })
  print('Servers start under the present master keys. New keys sign access tokens and checkpoints.')
  for (const [table, rows] of Object.entries(removed)) if (rows > 0) print(`${rows} removed from ${table}.`)
  const left = Object.entries(lost).map(([column, count]) => [column, String(count)])
  if (left.length > 0) print(`\nTo be given again by whoever gave it:\n${formatTable([['LOST', 'HOW MANY'], ...left])}`)
}

const opensAll = ({ database, secrets }: Services) =>
  requireOwnKeys(database, secrets).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ForeignKeysError) return false
      throw error
    },
  )

async function showStatus(options: { json?: true }): Promise<void> {
  requireKeys()
  const { census, fingerprints, source } = await withRuntime(({ owner, masterKeys }) =>
    asOwner(owner, async (client) => ({
      census: await countByKey(client, masterKeys.current),
      fingerprints: masterKeys.current.fingerprints(),
      source: masterKeys.file ?? 'CLIENTELE_MASTER_KEYS',
    })),
  )
  if (options.json) print(JSON.stringify({ source, fingerprints, stored: census }, null, 2))
  else print(describeStatus(source, fingerprints, census))
  const lost = census.reduce((sum, one) => sum + one.unopenable, 0)
  if (lost > 0)
    throw new CommandError(`${lost} stored secrets open under none of these keys: find the key that is missing`)
}

function describeStatus(source: string, fingerprints: string[], census: ColumnCensus[]): string {
  const heading = ['STORED SECRETS', ...fingerprints, 'NO KEY']
  const rows = census.map((one) => [`${one.table}.${one.column}`, ...one.underKey.map(String), String(one.unopenable)])
  const keys = fingerprints.map((print, i) => [String(i + 1), print, i === 0 ? 'encrypts' : 'opens only'])
  return `Master keys, from ${source}:\n${formatTable(keys, '  ')}\n\n${formatTable([heading, ...rows])}`
}

async function rotate({ addKey, dropOld }: { addKey: boolean; dropOld: boolean }): Promise<void> {
  const inFile = readConfig().masterKeys === null
  if (dropOld && !inFile) {
    throw new CommandError(
      'the keys are in CLIENTELE_MASTER_KEYS: run "clientele key rotate", then remove the old ones there',
      'usage',
    )
  }
  requireKeys()
  const report = await withRuntime(({ owner, masterKeys }: Runtime) =>
    asOwner(owner, (client) =>
      rotateMasterKeys({ client, masterKeys, origin: commandOrigin, addKey, dropOld, onStep: tellStep }),
    ),
  )
  const { succeeded } = await import('#platform/secrets/lost-secrets.ts')
  const left = Object.entries(report.left)
    .filter(([column]) => !succeeded.some((table) => column.startsWith(`${table}.`)))
    .map(([column, count]) => [column, String(count)])
  const all = left.length > 0 ? 'all that open are' : 'all are'
  print(
    `${report.reencrypted} stored secrets of ${report.tenants} tenants were encrypted anew; ${all} under ${report.fingerprint}.`,
  )
  if (left.length > 0) {
    print(`\nLeft as they are, since none of these keys opens them:\n${formatTable([['CLOSED', 'HOW MANY'], ...left])}
Is their key found, put it behind these and run this again; is it lost, whoever gave them gives them again.\n`)
  }
  if (report.dropped > 0) print(`${report.dropped} old keys were removed.`)
  if (report.oldKeys.length > 0) print(adviceOn(report.oldKeys, inFile))
}

function adviceOn(oldKeys: string[], inFile: boolean): string {
  const named = oldKeys.join(', ')
  return inFile
    ? `Still in the file, for backups made before: ${named}. "clientele key drop-old" removes them.`
    : `Nothing stored needs ${named} any more: once every server has been restarted with these keys, remove them from CLIENTELE_MASTER_KEYS.`
}

function tellStep(step: RotationStep): void {
  switch (step.step) {
    case 'key_added':
      tell(`The new key ${step.fingerprint} is in front; waiting until every process has seen it.`)
      break
    case 'going_on':
      tell(`A rotation to ${step.fingerprint} was not finished: going on with it.`)
      break
    case 'pass':
      tell(
        `Pass ${step.number}: ${step.reencrypted} encrypted anew${step.skipped > 0 ? `, ${step.skipped} in use` : ''}.`,
      )
      break
    case 'waiting_for_writers':
      tell('Waiting until no write under an old key can be on its way.')
      break
  }
}
