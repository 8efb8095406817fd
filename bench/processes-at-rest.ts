/** Memory of processes that nobody uses, and how long a start takes. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Line } from './report.ts'
import type { Stage } from './stage.ts'
import { median, spread } from './statistics.ts'

/** Of new processes, left alone for a minute: server and worker as two processes, and both in one with `start`. */
export async function measureMemory(stage: Stage): Promise<Line[]> {
  const seconds = stage.options.idleSeconds
  const processes = await Promise.all([
    stage.launchOurs('serve'),
    stage.launchOurs('worker'),
    stage.launchOurs('start', { ownDatabase: true }),
  ])
  await delay(seconds * 1000)
  const [serve, worker, start] = processes.map((one) => one.residentMegabytes()) as [number, number, number]
  await Promise.all(processes.map((one) => one.stop()))
  const line = (measurement: string, value: number): Line => ({ measurement, value, unit: 'MB' })
  return [
    line(`idle memory: serve, after ${seconds} s`, serve),
    line('idle memory: worker', worker),
    { ...line('idle memory: serve and worker', serve + worker), target: { atMost: 250 } },
    { ...line('idle memory: start (both, without PostgreSQL)', start), target: { atMost: 250 } },
  ]
}

/** `start` with the embedded database, from the command to /health/ready; the first start, which makes it, comes before. */
export async function measureStart(stage: Stage): Promise<Line[]> {
  const startOnce = async () => {
    const started = await stage.launchOurs('start', { ownDatabase: true })
    await started.stop()
    return started.readyAfterMs / 1000
  }
  const first = await startOnce()
  const later: number[] = []
  for (let round = 0; round < stage.options.rounds; round++) later.push(await startOnce())
  return [
    { measurement: 'start, the first', value: first, unit: 's' },
    {
      measurement: 'start, a later one',
      value: median(later),
      unit: 's',
      spread: spread(later),
      target: { atMost: 3 },
    },
  ]
}
