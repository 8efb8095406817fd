/** What comes in from others, and what goes out in an image. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import * as licences from '../../build/licences.ts'
import { findFaults, readBom } from '../../build/sbom.ts'
import type { Package } from '../../build/supply-chain.ts'
import { findProblems, isAllowed, judgeAudit } from '../../build/supply-chain.ts'

import { readServices } from './compose-services.ts'

const root = path.join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

test('every licence, install script and version is one that has been allowed', () => {
  assert.deepEqual(findProblems(), [])
})

test('a copyleft or unknown licence, a script that nobody allowed, and a version range are found', () => {
  const innocent: Package = {
    ...{ place: 'node_modules/a', name: 'a', version: '1.0.0', licence: 'MIT', isDev: false },
    ...{ hasInstallScript: false, integrity: null },
  }
  assert.deepEqual(findProblems([innocent], [{}]), [])
  for (const licence of ['GPL-3.0-only', 'AGPL-3.0', 'MPL-2.0', 'MIT AND LGPL-3.0', 'UNLICENSED', null]) {
    assert.equal(findProblems([{ ...innocent, licence }], [{}]).length, 1, String(licence))
    assert.equal(findProblems([{ ...innocent, licence, isDev: true }], [{}]).length, 0)
  }
  assert.ok(isAllowed('(GPL-2.0 OR MIT)'))
  assert.match(findProblems([{ ...innocent, hasInstallScript: true }], [{}])[0] ?? '', /install script/)
  assert.match(findProblems([innocent], [{ allowScripts: { a: true } }])[0] ?? '', /has none/)
  assert.match(findProblems([innocent], [{ dependencies: { a: '^1.0.0' } }])[0] ?? '', /not one version/)
})

test('known vulnerabilities are found, and an audit that could not be made is not taken for a clean one', () => {
  const counts = (total: number) => ({ metadata: { vulnerabilities: { total } } })
  assert.equal(judgeAudit(JSON.stringify(counts(0))).kind, 'clean')
  const found = judgeAudit(JSON.stringify({ ...counts(1), vulnerabilities: { left: { severity: 'high' } } }))
  assert.deepEqual([found.kind, found.words.includes('left (high)')], ['found', true])
  for (const text of ['', 'null', '{}', '{"message":"request failed"}', '{"error":{"summary":"","detail":""}}'])
    assert.equal(judgeAudit(text).kind, 'not asked', text)
})

test('THIRD-PARTY.md lists what is installed in production', () => {
  assert.ok(licences.isCurrent(), 'outdated: npm run docs:licences')
})

test('the bill of materials has every package of a production installation, and each reference leads somewhere', () => {
  const bom = readBom()
  assert.deepEqual(findFaults(bom), [])
  const [first] = bom.components
  assert.ok(findFaults({ ...bom, components: bom.components.slice(1) }).some((one) => one.includes(first?.name ?? '')))
})

test('every path that the image copies is there, and nothing in it runs as root or needs a development package', () => {
  const steps = read('Dockerfile').replaceAll('\\\n', ' ').split('\n')
  const copied = steps
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(/\s+/).slice(1, -1))
  assert.ok(copied.length > 8)
  assert.deepEqual(
    copied.filter((one) => !existsSync(path.join(root, one))),
    [],
  )
  for (const line of steps.filter((one) => one.includes('npm ci'))) assert.match(line, /--omit=dev .*--ignore-scripts/)
  assert.match(steps.findLast((line) => line.startsWith('USER ')) ?? '', /USER 1000:1000/)
  assert.ok(steps.some((line) => line.startsWith('HEALTHCHECK ')))
})

type Service = {
  image: string
  command?: string[]
  read_only?: boolean
  cap_drop?: string[]
  volumes?: string[]
  environment?: Record<string, string>
  healthcheck?: object
}
type Compose = { services: Record<string, Service>; volumes: Record<string, unknown> }

test('compose runs two servers and a worker with a read-only root, a database that is asked for its health, and a balancer', () => {
  const compose = parse(read('compose.yaml'), { merge: true }) as Compose
  const { services } = compose
  const nodes = Object.values(services).filter((one) => one.image.startsWith('clientele:'))
  assert.deepEqual(nodes.map((one) => String(one.command)).sort(), ['serve', 'serve', 'worker'])
  const settings = read('src/config.ts')
  for (const node of nodes) {
    assert.deepEqual([node.read_only, node.cap_drop], [true, ['ALL']])
    for (const name of Object.keys(node.environment ?? {}))
      assert.ok(settings.includes(`'${name}'`), `${name} is a setting`)
  }
  assert.ok(services.postgres?.healthcheck)
  const mounted = Object.values(services).flatMap((one) => one.volumes ?? [])
  for (const volume of mounted) {
    const [source = ''] = volume.split(':')
    assert.ok(source.startsWith('.') ? existsSync(path.join(root, source)) : source in compose.volumes, volume)
  }
  const balancer = read('deploy/haproxy.cfg')
  const servers = Object.entries(services).filter(([, one]) => one.command?.[0] === 'serve')
  for (const [name] of servers) assert.match(balancer, new RegExp(`^ {2}server ${name} ${name}:8000$`, 'm'))
  assert.match(balancer, /option httpchk GET \/health\/ready/)
})

test('compose.yaml says nothing that its trial does not run, in an order in which it can start', () => {
  const given = {
    POSTGRES_PASSWORD: 'p',
    CLIENTELE_MASTER_KEYS: 'k',
    CLIENTELE_ADMIN_PASSWORD: 'a',
    CLIENTELE_PUBLIC_URL: 'u',
  }
  const { services, subnet } = readServices(given)
  assert.deepEqual([services[0]?.name, services.at(-1)?.name], ['postgres', 'balancer'])
  assert.match(subnet, /^\d+\.\d+\.\d+\.0\/24$/)
  for (const { options } of services.filter(({ image }) => image.startsWith('clientele:'))) {
    for (const option of [
      '--read-only',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges',
      '--env=CLIENTELE_MASTER_KEYS=k',
    ])
      assert.ok(options.includes(option), option)
  }
  assert.throws(() => readServices({}), /is not set/)
})
