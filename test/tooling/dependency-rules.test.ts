import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import { checkDependencies, describeReport } from '#test/tooling/check-dependencies.ts'

const REPOSITORY = join(import.meta.dirname, '../..')

type Files = Record<string, string>

/** A small product in which everything stands where it belongs, with every kind of import that is allowed. */
const CLEAN: Files = {
  'src/kernel/errors.ts': "import { inspect } from 'node:util'\nexport const shown = inspect({})",
  'src/platform/db/pool.ts': "import pg from 'pg'\nimport '#kernel/errors.ts'\nexport const pool = new pg.Pool()",
  'src/platform/db/transaction.ts': "import type { Kysely } from 'kysely'\nexport type Tx = Kysely<object>",
  'src/platform/operations/run-operation.ts':
    "import { pool } from '#platform/db/pool.ts'\nexport const runOperation = () => pool",
  'src/platform/operations/define-operation.ts':
    "import type { Tx } from '#platform/db/transaction.ts'\nexport const defineOperation = (run: (tx: Tx) => void) => run",
  'src/features/clients/schemas.ts': "import { Type } from 'typebox'\nexport const client = Type.String()",
  'src/features/clients/errors.ts': 'export const clientErrors = { CLIENT_NOT_FOUND: "not_found" }',
  'src/features/clients/rules.ts':
    "import type { Row } from './store.ts'\nimport { client } from './schemas.ts'\nimport '#kernel/errors.ts'\nexport const rule = (row: Row) => [row, client]",
  'src/features/clients/store.ts':
    "import { sql } from 'kysely'\nimport { pool } from '#platform/db/pool.ts'\nexport type Row = object\nexport const find = () => [pool, sql]",
  'src/features/clients/contact-store.ts': "import { sql } from 'kysely'\nexport const contacts = () => sql",
  'src/features/clients/operations.ts':
    "import type { Tx } from '#platform/db/transaction.ts'\nimport { defineOperation } from '#platform/operations/define-operation.ts'\nimport { record } from '#features/audit/index.ts'\nimport { contacts } from './contact-store.ts'\nimport { rule } from './rules.ts'\nimport { find } from './store.ts'\nexport const operations = [defineOperation((tx: Tx) => [tx, record, rule, find, contacts])]",
  'src/features/clients/operations.test.ts':
    "import { database } from '#test/database.ts'\nimport { pool } from '#platform/db/pool.ts'\nimport { operations } from './operations.ts'\nexport const tested = [database, operations, pool]",
  'src/features/clients/index.ts': "export { operations } from './operations.ts'",
  'src/features/audit/index.ts': "import '#kernel/errors.ts'\nexport const record = () => {}",
  'src/features/registry.ts':
    "import { operations } from '#features/clients/index.ts'\nexport const registry = operations",
  'src/features/error-codes.ts':
    "import { clientErrors } from './clients/errors.ts'\nexport const codes = clientErrors",
  'src/contracts/shared/paging.ts': "import { Type } from 'typebox'\nexport const page = Type.Integer()",
  'src/contracts/chatapi/plugin.ts':
    "import type { FastifyInstance } from 'fastify'\nimport type { Tx } from '#platform/db/transaction.ts'\nimport { runOperation } from '#platform/operations/run-operation.ts'\nimport { operations } from '#features/clients/index.ts'\nimport { codes } from '#features/error-codes.ts'\nimport { registry } from '#features/registry.ts'\nimport { page } from '../shared/paging.ts'\nexport const chatapi = (app: FastifyInstance, tx: Tx) => [app, tx, runOperation, operations, codes, registry, page]",
  'src/contracts/factpulse/plugin.ts': "import fastify from 'fastify'\nexport const factpulse = fastify()",
  'src/app.ts':
    "import { chatapi } from '#contracts/chatapi/plugin.ts'\nimport { factpulse } from '#contracts/factpulse/plugin.ts'\nimport { pool } from '#platform/db/pool.ts'\nexport const app = [chatapi, factpulse, pool]",
  'src/cli/migrate.ts': "import { app } from '../app.ts'\nexport const migrate = () => app",
  'src/main.ts': "const { migrate } = await import('./cli/migrate.ts')\nmigrate()",
  'test/database.ts': "import pg from 'pg'\nexport const database = () => new pg.Client()",
}

const PLANTS: { rule: string; what: string; files: Files }[] = [
  {
    rule: 'no-cycle',
    what: 'two modules that import each other',
    files: {
      'src/kernel/hen.ts': "import { egg } from './egg.ts'\nexport const hen = () => egg",
      'src/kernel/egg.ts': "import { hen } from './hen.ts'\nexport const egg = () => hen",
    },
  },
  {
    rule: 'kernel-knows-nobody',
    what: 'the kernel importing the platform, by alias',
    files: { 'src/kernel/clock.ts': "import '#platform/db/pool.ts'" },
  },
  {
    rule: 'kernel-knows-nobody',
    what: 'the kernel importing a type of a feature',
    files: {
      'src/kernel/money.ts': "import type { Row } from '../features/clients/store.ts'\nexport type Money = Row",
    },
  },
  {
    rule: 'platform-knows-no-feature',
    what: 'the platform importing a feature, by alias',
    files: { 'src/platform/jobs/queue.ts': "import { record } from '#features/audit/index.ts'\nrecord()" },
  },
  {
    rule: 'platform-knows-no-feature',
    what: 'the platform importing a contract inside an async function',
    files: {
      'src/platform/live/stream.ts':
        "export const open = async () => (await import('#contracts/chatapi/plugin.ts')).chatapi",
    },
  },
  {
    rule: 'composition-roots-on-top',
    what: 'a contract importing the application',
    files: {
      'src/contracts/factpulse/status.ts': "import { app } from '../../app.ts'\nexport const status = () => app",
    },
  },
  {
    rule: 'feature-has-no-http',
    what: 'a feature importing a type of the web framework',
    files: {
      'src/features/clients/handler.ts':
        "import type { FastifyRequest } from 'fastify'\nexport type Handled = FastifyRequest",
    },
  },
  {
    rule: 'feature-has-no-http',
    what: 'a feature importing a plugin of the web framework',
    files: { 'src/features/clients/provider.ts': "import '@fastify/error'" },
  },
  {
    rule: 'feature-has-no-http',
    what: 'a feature importing a contract, by alias',
    files: {
      'src/features/clients/paged.ts': "import { page } from '#contracts/shared/paging.ts'\nexport const paged = page",
    },
  },
  {
    rule: 'feature-through-front-door',
    what: 'a feature importing the rules of another one, by alias',
    files: {
      'src/features/audit/operations.ts': "import { rule } from '#features/clients/rules.ts'\nexport const used = rule",
    },
  },
  {
    rule: 'registry-through-front-door',
    what: 'the list of operations reaching behind a front door',
    files: {
      'src/features/registry.ts':
        "import { operations } from './clients/operations.ts'\nexport const registry = operations",
    },
  },
  {
    rule: 'contract-through-front-door',
    what: 'a contract importing the operations behind index.ts, by alias',
    files: {
      'src/contracts/chatapi/clients.ts':
        "import { operations } from '#features/clients/operations.ts'\nexport const all = operations",
    },
  },
  {
    rule: 'contracts-are-strangers',
    what: 'a contract importing another one',
    files: {
      'src/contracts/factpulse/chat.ts': "import { chatapi } from '../chatapi/plugin.ts'\nexport const chat = chatapi",
    },
  },
  {
    rule: 'contracts-are-strangers',
    what: 'the shared part importing a contract, by alias',
    files: {
      'src/contracts/shared/all.ts':
        "import { factpulse } from '#contracts/factpulse/plugin.ts'\nexport const all = factpulse",
    },
  },
  {
    rule: 'contracts-open-tx-only-through-runner',
    what: 'a contract importing the pool, by alias',
    files: {
      'src/contracts/chatapi/lookup.ts': "import { pool } from '#platform/db/pool.ts'\nexport const lookup = pool",
    },
  },
  {
    rule: 'contracts-open-tx-only-through-runner',
    what: 'a contract importing the database driver',
    files: { 'src/contracts/chatapi/driver.ts': "import pg from 'pg'\nexport const driver = pg" },
  },
  {
    rule: 'only-stores-touch-db',
    what: 'operations importing the query builder',
    files: { 'src/features/audit/operations.ts': "import { sql } from 'kysely'\nexport const query = sql" },
  },
  {
    rule: 'only-stores-touch-db',
    what: 'a file whose name only ends in store importing the pool, by alias',
    files: {
      'src/features/audit/restore.ts': "import { pool } from '#platform/db/pool.ts'\nexport const restore = pool",
    },
  },
  {
    rule: 'rules-are-pure',
    what: 'rules importing the store beside them',
    files: { 'src/features/clients/rules.ts': "import { find } from './store.ts'\nexport const rule = find" },
  },
  {
    rule: 'rules-are-pure',
    what: 'rules reading files',
    files: {
      'src/features/audit/retention-rules.ts':
        "import { readFileSync } from 'node:fs'\nexport const read = readFileSync",
    },
  },
  {
    rule: 'no-test-code-in-production',
    what: 'a store importing the test database, by alias',
    files: {
      'src/features/audit/store.ts': "import { database } from '#test/database.ts'\nexport const store = database",
    },
  },
  {
    rule: 'no-test-code-in-production',
    what: 'a module importing a test file',
    files: {
      'src/features/clients/examples.ts':
        "import { tested } from './operations.test.ts'\nexport const examples = tested",
    },
  },
  {
    rule: 'no-test-code-in-production',
    what: 'a module importing what only the tests beside it use',
    files: {
      'src/kernel/keys.fixture.ts': "import '#kernel/errors.ts'\nexport const key = 'known to everybody'",
      'src/kernel/keys.ts': "import { key } from './keys.fixture.ts'\nexport const keys = [key]",
    },
  },
  {
    rule: 'no-dev-dependency-in-production',
    what: 'the product importing a package that only tests have',
    files: { 'src/platform/mail/sink.ts': "import { SMTPServer } from 'smtp-server'\nexport const sink = SMTPServer" },
  },
  {
    rule: 'no-orphans',
    what: 'a module that nobody imports and that imports nobody',
    files: { 'src/kernel/forgotten.ts': 'export const forgotten = 1' },
  },
  {
    rule: 'every-import-resolves',
    what: 'an alias that leads nowhere',
    files: { 'src/kernel/lost.ts': "import { gone } from '#kernel/gone.ts'\nexport const lost = gone" },
  },
]

/** Writes the files into a new folder that has this repository's package.json (aliases, dependencies) and packages. */
async function plantTree(t: TestContext, files: Files): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'clientele-dependency-rules-'))
  t.after(() => rm(directory, { recursive: true }))
  await cp(join(REPOSITORY, 'package.json'), join(directory, 'package.json'))
  await symlink(join(REPOSITORY, 'node_modules'), join(directory, 'node_modules'))
  for (const [path, source] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), `${source}\n`)
  }
  return directory
}

test('finds nothing to forbid in a tree where everything stands where it belongs', async (t) => {
  const report = await checkDependencies(await plantTree(t, CLEAN))
  assert.deepEqual(report.violations, [])
  assert.equal(report.modules, Object.keys(CLEAN).filter((path) => path.startsWith('src/')).length)
  assert.match(describeReport(report), /^no forbidden dependency in 22 modules with \d+ imports$/)
})

for (const { rule, what, files } of PLANTS) {
  test(`${rule} catches ${what}`, async (t) => {
    const { violations } = await checkDependencies(await plantTree(t, { ...CLEAN, ...files }))
    assert.deepEqual([...new Set(violations.map((violation) => violation.rule))], [rule])
    for (const violation of violations) assert.ok(violation.from in files, `${violation.from} was not planted`)
  })
}

test('every rule of .dependency-cruiser.cjs has been seen catching something', async () => {
  const { ruleSet } = await extractDepcruiseOptions(join(REPOSITORY, '.dependency-cruiser.cjs'))
  const rules = ruleSet?.forbidden?.map(({ name }) => name ?? '') ?? []
  assert.deepEqual([...new Set(PLANTS.map(({ rule }) => rule))].sort(), rules.toSorted())
})

test('names the rule, its reason and both modules', async (t) => {
  const files = { ...CLEAN, 'src/kernel/clock.ts': "import '#platform/db/pool.ts'" }
  const text = describeReport(await checkDependencies(await plantTree(t, files)))
  assert.match(text, /^kernel-knows-nobody: src\/kernel is pure/)
  assert.match(text, /^ {2}src\/kernel\/clock\.ts -> src\/platform\/db\/pool\.ts$/m)
})

test('refuses to call a tree clean when it read no module', async (t) => {
  const directory = await plantTree(t, { 'src/README.md': 'no source yet' })
  await assert.rejects(checkDependencies(directory), /found no module/)
})

test('refuses to call a tree clean when it saw no import', async (t) => {
  const directory = await plantTree(t, { 'src/kernel/alone.ts': 'export const alone = 1' })
  await assert.rejects(checkDependencies(directory), /found no import/)
})
