/** A worker of its own, to be killed: makes one report (argv: tenant, report) with the database that the environment names. */
import { readConfig } from '#src/config.ts'
import { openRuntime } from '#src/runtime.ts'
import { runReport } from './running.ts'

const [tenantId = '', reportId = ''] = process.argv.slice(2)
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const runtime = await openRuntime(readConfig(), silent, { migrate: false })
await runReport(runtime.services, { tenantId, reportId })
await runtime.close()
