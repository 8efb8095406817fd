/** Where the server listens: a Unix socket that only its owner reaches or, where there can be none, a port of the loopback. */
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import type { ServerAccount } from './embedded-account.ts'
import { giveTo } from './embedded-account.ts'

/** sockaddr_un.sun_path without its terminating zero byte: 104 bytes on the BSDs and macOS, 108 on Linux. */
const SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103
const SOCKET_PORT = 5432
const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}`
const LOOPBACK = '127.0.0.1'

/** A port, unlike a socket, is open to every user of the machine and asks for a password: see `setPassword`. */
export type Endpoint = { kind: 'socket' | 'port'; host: string; port: number }

async function listenOnce(address: { path: string } | { host: string; port: number }): Promise<number> {
  const server = net.createServer()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(address, resolve)
  await promise
  const bound = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}

async function makeSocketDir(directory: string, account: ServerAccount): Promise<boolean> {
  const socket = path.join(directory, SOCKET_NAME)
  if (Buffer.byteLength(socket) > SOCKET_PATH_BYTES) return false
  try {
    // Not recursive: a directory that somebody else has made under this name is refused.
    fs.mkdirSync(directory, { mode: 0o700 })
  } catch {
    return false
  }
  try {
    // Some file systems take no sockets.
    await listenOnce({ path: socket })
    giveTo(account, directory)
    return true
  } catch {
    removeSocketDir(directory)
    return false
  }
}

/** Prepares the socket's directory, or finds a free port where it cannot be made or its path is too long for a socket. */
export async function openEndpoint(socketDir: string, account: ServerAccount): Promise<Endpoint> {
  if (await makeSocketDir(socketDir, account)) return { kind: 'socket', host: socketDir, port: SOCKET_PORT }
  return { kind: 'port', host: LOOPBACK, port: await listenOnce({ host: LOOPBACK, port: 0 }) }
}

/** Removes the directory and what a server that was killed has left in it, and nothing else. */
export function removeSocketDir(directory: string): void {
  try {
    for (const name of [SOCKET_NAME, `${SOCKET_NAME}.lock`]) fs.rmSync(path.join(directory, name), { force: true })
    fs.rmdirSync(directory)
  } catch {
    // It is gone already, or it is not ours: the database does not depend on it.
  }
}

/** The server's settings for this endpoint. */
export function endpointSettings(endpoint: Endpoint): Record<string, string> {
  // The setting is a list of paths, quoted like SQL names.
  const socketList = endpoint.kind === 'socket' ? `"${endpoint.host.replaceAll('"', '""')}"` : ''
  return {
    listen_addresses: endpoint.kind === 'socket' ? '' : endpoint.host,
    unix_socket_directories: socketList,
    unix_socket_permissions: '0700',
    port: String(endpoint.port),
  }
}
