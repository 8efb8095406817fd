/**
 * The software bill of materials (CycloneDX 1.5) of a production installation, as npm writes it: `node build/sbom.ts <file>`.
 * What npm says of it is checked against the lock: nothing is missing, every reference leads somewhere.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { readPackages } from './supply-chain.ts'

const root = path.join(import.meta.dirname, '..')

export type Bom = {
  bomFormat: string
  specVersion: string
  serialNumber: string
  metadata: { component: { 'bom-ref': string; name: string; version: string } }
  components: {
    'bom-ref': string
    name: string
    version: string
    purl: string
    hashes?: { alg: string; content: string }[]
  }[]
  dependencies: { ref: string; dependsOn: string[] }[]
}

export function readBom(): Bom {
  const printed = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const bom = JSON.parse(printed) as Bom
  // npm calls it by its folder.
  bom.metadata.component.name = 'clientele'
  return ofProduction(bom)
}

/** Not by npm's own --omit=dev, which also leaves out what development and production both need (seen with npm 11.19). */
function ofProduction(bom: Bom): Bom {
  const shipped = new Set(
    readPackages()
      .filter((one) => !one.isDev)
      .map(({ name, version }) => `${name}@${version}`),
  )
  const isOurs = (name: string) => name.startsWith('@clientele/')
  const components = bom.components.filter((one) => shipped.has(`${one.name}@${one.version}`) || isOurs(one.name))
  const refs = new Set([bom.metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])])
  const dependencies = bom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }))
  return { ...bom, components, dependencies }
}

/** Faults, a line each. */
export function findFaults(bom: Bom): string[] {
  const refs = new Set([bom.metadata.component['bom-ref'], ...bom.components.map((one) => one['bom-ref'])])
  const described = new Set(bom.components.map((one) => `${one.name}@${one.version}`))
  const shipped = readPackages().filter((one) => !one.isDev)
  return [
    ...(bom.bomFormat === 'CycloneDX' && /^urn:uuid:[0-9a-f-]{36}$/.test(bom.serialNumber)
      ? []
      : ['it is no CycloneDX document']),
    ...(refs.size === bom.components.length + 1 ? [] : ['two components have one reference']),
    ...shipped
      .filter((one) => !described.has(`${one.name}@${one.version}`))
      .map((one) => `${one.name} ${one.version} is missing`),
    ...bom.components
      .filter((one) => !one.purl.startsWith('pkg:npm/'))
      .map((one) => `${one.name} has no package address`),
    ...bom.dependencies
      .flatMap((one) => [one.ref, ...one.dependsOn])
      .filter((ref) => !refs.has(ref))
      .map((ref) => `${ref} leads nowhere`),
  ]
}

if (import.meta.main) {
  const [file = 'sbom.cdx.json'] = process.argv.slice(2)
  const bom = readBom()
  const faults = findFaults(bom)
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
  else {
    writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`)
    console.log(`${file}: ${bom.components.length} components`)
  }
}
