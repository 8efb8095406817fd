/** podman with a storage of its own, and an image that stands for Node's. */
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const execFileAsync = promisify(execFile)
const root = path.join(import.meta.dirname, '..')
/** Of Debian, as the Dockerfile's image. */
const release = 'bookworm'
const certificates = 'etc/ssl/certs/ca-certificates.crt'

export type Podman = {
  folder: string
  /** With what it says shown. */
  run(args: readonly string[]): void
  /** What it prints. */
  ask(args: readonly string[]): Promise<string>
  /** Whether it succeeded. */
  tries(args: readonly string[], options?: { timeout?: number }): boolean
  /** How a program in a container ended, and what it said. */
  result(args: readonly string[]): Promise<{ code: number; output: string }>
  /** For builds: packages that this machine has fetched before need not come again. */
  sharedCache: readonly string[]
  /** crun or runc: who starts containers from now on. */
  useRuntime(name: string): void
  removeContainers(): void
  close(): void
}

const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

/** Why no image can be built here; null: it can. */
export function findObstacle(): string | null {
  if (process.platform !== 'linux') return 'images are built on Linux'
  if (process.getuid?.() !== 0) return 'it needs root'
  if (!has('podman')) return 'podman is not installed (Debian, Ubuntu: apt-get install podman)'
  const allowed = spawnSync('unshare', ['--mount', '--pid', '--fork', 'true'], { encoding: 'utf8' })
  return allowed.status === 0 ? null : `this process may not make namespaces: ${allowed.stderr.trim()}`
}

export function openPodman(folder: string): Podman {
  const storage = (driver: string) => [
    ...['--root', path.join(folder, 'storage'), '--runroot', path.join(folder, 'run')],
    ...['--tmpdir', path.join(folder, 'tmp'), '--storage-driver', driver],
    ...['--cgroup-manager=cgroupfs', '--events-backend=none'],
  ]
  // Faster by far; not everywhere.
  const overlay = spawnSync('podman', [...storage('overlay'), 'info'], { stdio: 'ignore' }).status === 0
  if (!overlay) rmSync(path.join(folder, 'storage'), { recursive: true, force: true })
  const own = storage(overlay ? 'overlay' : 'vfs')
  let runtime: string[] = []
  const cache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8', cwd: root }).trim()
  const podman: Podman = {
    folder,
    useRuntime: (wanted) => {
      runtime = ['--runtime', wanted]
    },
    run: (args) => void execFileSync('podman', [...runtime, ...own, ...args], { stdio: 'inherit' }),
    ask: async (args) => {
      const { stdout } = await execFileAsync('podman', [...runtime, ...own, ...args])
      return stdout.trim()
    },
    tries: (args, options = {}) =>
      spawnSync('podman', [...runtime, ...own, ...args], { stdio: 'ignore', ...options }).status === 0,
    result: async (args) => {
      const { code, stdout, stderr } = await execFileAsync('podman', [...runtime, ...own, ...args]).then(
        (said) => ({ code: 0, ...said }),
        (error: unknown) => error as { code: number; stdout: string; stderr: string },
      )
      // Without systemd podman says so each time.
      return { code, output: `${stdout}${stderr.replace(/^time=.*systemd.*\n/gm, '')}` }
    },
    sharedCache: existsSync(cache) ? ['--volume', `${cache}:/root/.npm`] : [],
    removeContainers: () => void podman.tries(['rm', '--all', '--force', '--time=0']),
    close: () => {
      podman.removeContainers()
      podman.tries(['rmi', '--all', '--force'])
      spawnSync('umount', [path.join(folder, 'storage', 'overlay')], { stdio: 'ignore' })
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
  return podman
}

/** The mirror that this machine's packages come from, as apt knows it. */
function debianMirror(): string | null {
  const found = spawnSync('apt-get', ['indextargets', '--format', '$(REPO_URI) $(RELEASE)'], { encoding: 'utf8' })
  const line = found.stdout?.split('\n').find((one) => one.endsWith(` ${release}`))
  return line?.split(' ')[0] ?? null
}

/** What the Dockerfile and an operator's shell need of Debian; unpacked only, which takes a third of the time. */
const packages = 'base-files,ca-certificates,coreutils,dash,findutils,grep,libstdc++6,sed'

/** Debian, Node and npm, where node's own image has them. */
export function makeStandIn(podman: Podman, name: string): void {
  if (!has('mmdebstrap')) throw new Error('mmdebstrap is not installed (Debian, Ubuntu: apt-get install mmdebstrap)')
  const base = path.join(podman.folder, 'base')
  const mirror = debianMirror()
  execFileSync(
    'mmdebstrap',
    ['--quiet', '--variant=extract', `--include=${packages}`, release, base, ...(mirror === null ? [] : [mirror])],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  writeFileSync(path.join(base, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n')
  writeFileSync(path.join(base, 'etc/group'), 'root:x:0:\nnode:x:1000:\n')
  const local = path.join(base, 'usr/local')
  for (const needed of ['bin', 'etc', 'lib/node_modules']) mkdirSync(path.join(local, needed), { recursive: true })
  copyFileSync(path.join(root, 'node_modules/node/bin/node'), path.join(local, 'bin/node'))
  chmodSync(path.join(local, 'bin/node'), 0o755)
  const program = execFileSync('sh', ['-c', 'readlink -f "$(command -v npm)"'], { encoding: 'utf8' }).trim()
  cpSync(path.join(program, '../..'), path.join(local, 'lib/node_modules/npm'), { recursive: true, dereference: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', path.join(local, 'bin/npm'))
  // Whoever this machine trusts for packages the image's builder trusts too.
  const authority = execFileSync('npm', ['config', 'get', 'cafile'], { encoding: 'utf8', cwd: '/' }).trim()
  if (path.isAbsolute(authority) && existsSync(authority)) {
    copyFileSync(authority, path.join(base, certificates))
    writeFileSync(path.join(local, 'etc/npmrc'), `cafile=/${certificates}\n`)
  }
  const archive = path.join(podman.folder, 'base.tar')
  execFileSync('tar', ['--create', '--file', archive, '--numeric-owner', '--directory', base, '.'])
  rmSync(base, { recursive: true, force: true })
  podman.run(['import', '--quiet', archive, name])
  rmSync(archive)
}
