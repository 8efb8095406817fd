/** A process that claims an idempotency key, says so on standard output, and never finishes its work. */
import { processClock } from '../clock/index.ts'
import { Database } from '../db/database.ts'
import { MasterKeys } from '../secrets/master-keys.ts'
import { writing } from './jotting-operations.fixture.ts'
import { definePhasedOperation } from './operation.ts'
import { runOperation } from './run-operation.ts'
import { origin } from './services.fixture.ts'

const { connectionString, masterKeys, actor, idempotency } = JSON.parse(process.argv[2] ?? '')
const services = {
  clock: processClock,
  database: new Database({ connection: { connectionString }, poolSize: 2 }),
  secrets: new MasterKeys({ keys: masterKeys }),
}
const hanging = definePhasedOperation({
  ...writing,
  prepare: async () => null,
  perform: () => {
    process.stdout.write('claimed\n')
    return new Promise<null>((resolve) => setTimeout(resolve, 600_000, null))
  },
  run: async () => ({ id: 0 }),
  audit: () => ({ description: 'never' }),
})
await runOperation(
  services as never,
  hanging,
  { id: 1 },
  {
    actor: { ...actor, permissions: new Set(['*']) },
    origin,
    present: (result) => result,
    idempotency: { key: idempotency.key, requestHash: Buffer.from(idempotency.requestHash, 'hex') },
  },
)
