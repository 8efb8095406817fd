/**
 * Where the server's CPU time goes: node bench/profile.ts get|post|list|token|sign-in [--flame FILE.svg] [options of npm run bench]
 * Runs `serve` under node --cpu-prof, puts the load on it, prints the longest self times, and keeps the profile
 * (bench/results/*.cpuprofile opens in Chrome's DevTools, Performance). Start and warm-up are part of it: give it time.
 */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { CpuProfile } from './cpu-profile.ts'
import { selfTimes } from './cpu-profile.ts'
import { flameGraph } from './flame-graph.ts'
import { registerClient, tokenRequest } from './identity-stage.ts'
import type { LoadRequest } from './load.ts'
import { parseOptions } from './options.ts'
import { fillDatabase, openStage, password, signIn, username } from './stage.ts'

const directory = path.join(import.meta.dirname, 'results')
const longest = 40

const [load = 'get', ...all] = process.argv.slice(2)
const flameAt = all.indexOf('--flame')
const [, flameFile] = flameAt < 0 ? [] : all.splice(flameAt, 2)
const options = parseOptions(['--seconds', '20', '--clients', '10000', ...all])
const stage = await openStage(options)
try {
  mkdirSync(directory, { recursive: true })
  const name = `${load}-${Date.now()}.cpuprofile`
  const server = await stage.launchOurs('serve', {
    nodeFlags: ['--cpu-prof', `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${name}`],
  })
  await fillDatabase(stage)
  if (load === 'token') await registerClient(server.url, password, 'self-contained')
  const result = await stage.generator.run({
    url: server.url,
    connections: options.connections,
    seconds: options.seconds,
    requests: requestsOf(load, await signIn(server), stage.someUids),
    uniqueBodies: load === 'post',
  })
  await server.stop()
  const [file] = globSync(path.join(directory, name))
  if (!file) throw new Error('the server wrote no profile: did it end by itself?')
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile
  console.log(`${Math.round(result.perSecond)}/s under the profiler; ${file}`)
  if (flameFile) {
    const title = `${load}: ${Math.round(result.perSecond)} answers a second under the profiler`
    // The end of it: stopping takes a moment, starting and warming up some seconds.
    writeFileSync(flameFile, flameGraph(profile, title, options.seconds * 800))
  }
  for (const group of ['module', 'function'] as const) {
    console.log(`\nself time by ${group}`)
    for (const one of selfTimes(profile, group).slice(0, longest)) {
      console.log(
        `${(one.share * 100).toFixed(1).padStart(6)} % ${one.milliseconds.toFixed(0).padStart(7)} ms  ${one.name}`,
      )
    }
  }
} finally {
  await stage.close()
}

function requestsOf(wanted: string, token: string, uids: readonly string[]): LoadRequest[] {
  const headers = { authorization: `Bearer ${token}` }
  if (wanted === 'get') return uids.map((uid) => ({ path: `/api/v1/clients/${uid}`, headers }))
  if (wanted === 'list') return [{ path: '/api/v1/clients?pageSize=20', headers }]
  if (wanted === 'post') {
    const body = JSON.stringify({ name: 'Made [<id>]' })
    return [
      { method: 'POST', path: '/api/v1/clients', headers: { ...headers, 'content-type': 'application/json' }, body },
    ]
  }
  if (wanted === 'token') return [{ method: 'POST', path: '/oauth2/token', ...tokenRequest('self-contained') }]
  if (wanted === 'sign-in') {
    const body = JSON.stringify({ username, password })
    return [{ method: 'POST', path: '/api/token/', headers: { 'content-type': 'application/json' }, body }]
  }
  throw new Error(`get, post, list, token or sign-in, not ${wanted}`)
}
