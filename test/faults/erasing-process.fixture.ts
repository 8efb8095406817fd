/** A process of its own that erases a person or a tenant: node erasing-process.fixture.ts <tenant> [<erasure of a person>] */
import { pino } from 'pino'
import { runDueTenantErasures, runErasure } from '#features/personal-data/index.ts'
import { readConfig } from '#src/config.ts'
import { openRuntime } from '#src/runtime.ts'

const [tenantId = '', erasureId] = process.argv.slice(2)
const runtime = await openRuntime(readConfig(process.env), pino({ level: 'silent' }), { migrate: false })
if (erasureId === undefined) await runDueTenantErasures(runtime.services)
else await runErasure(runtime.services, { tenantId, erasureId })
await runtime.close()
