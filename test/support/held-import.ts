import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { runImport } from '#features/imports/index.ts'
import type { TestApp } from './app.ts'
import { firstTenant } from './app.ts'

/** A run that has half of the file until it is let go: whatever is done meanwhile meets it in the middle, however fast it is. */
export function runHeldImport(
  app: TestApp,
  importId: string,
  signal: AbortSignal = AbortSignal.timeout(60_000),
): { running: Promise<void>; letGo: () => void } {
  const { promise: gate, resolve: letGo } = Promise.withResolvers<void>()
  const { files } = app.runtime.services
  const open = async (...place: Parameters<typeof files.open>) => {
    const opened = await files.open(...place)
    if (!opened) return null
    const whole = await buffer(opened.content)
    const middle = whole.indexOf('\n', whole.length / 2) + 1
    async function* held() {
      yield whole.subarray(0, middle)
      await gate
      yield whole.subarray(middle)
    }
    return { ...opened, content: Readable.from(held()) }
  }
  const held = new Proxy(files, {
    get: (target, name) => {
      if (name === 'open') return open
      const own: unknown = Reflect.get(target, name, target)
      return typeof own === 'function' ? own.bind(target) : own
    },
  })
  const services = { ...app.runtime.services, files: held }
  const job = { tenantId: firstTenant, importId }
  return { running: runImport(services, job, signal), letGo }
}
