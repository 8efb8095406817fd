/** Two server processes on one database, behind one public address that gives each request to the other one of them. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Ended, RunningServer } from '#src/cli/command.fixture.ts'
import { makeDataDir, runCommand, settingsFor, startServer } from '#src/cli/command.fixture.ts'
import type { TestApp } from '#test/support/app.ts'
import { adminPassword, startTestApp } from '#test/support/app.ts'

export type NodeName = 'a' | 'b'

export type TwoProcesses = {
  publicUrl: string
  /** On the same database and in this process: prepares users and clients, and answers nothing of what is tested. */
  preparing: TestApp
  nodes: Record<NodeName, RunningServer>
  /** Which node had which request, since it was last emptied. */
  served: { node: NodeName; line: string }[]
  /** From here on this node has every request; null: in turn. */
  pin(node: NodeName | null): void
  command(...args: string[]): Promise<Ended>
  close(): Promise<void>
}

export async function startTwoProcesses(): Promise<TwoProcesses> {
  const { dataDir, remove } = makeDataDir()
  const preparing = await startTestApp()
  const served: TwoProcesses['served'] = []
  let nodes: Record<NodeName, RunningServer> | null = null
  let pinned: NodeName | null = null
  let turn: NodeName = 'b'

  function relay(incoming: IncomingMessage, answer: ServerResponse): void {
    turn = turn === 'a' ? 'b' : 'a'
    const node = pinned ?? turn
    served.push({ node, line: `${incoming.method} ${incoming.url?.split('?')[0]}` })
    const headers = { ...incoming.headers, 'x-forwarded-for': incoming.socket.remoteAddress ?? '' }
    const outgoing = forward(
      new URL(incoming.url ?? '/', nodes?.[node].url),
      { method: incoming.method ?? 'GET', headers, agent: false },
      (theirs) => {
        answer.writeHead(theirs.statusCode ?? 502, theirs.rawHeaders)
        theirs.pipe(answer)
      },
    )
    outgoing.on('error', () => answer.destroy())
    incoming.pipe(outgoing)
  }
  const front = createServer(relay)
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  const publicUrl = `http://127.0.0.1:${(front.address() as AddressInfo).port}`

  const settings = {
    ...settingsFor(preparing.database, dataDir),
    CLIENTELE_MASTER_KEYS: preparing.runtime.config.masterKeys ?? '',
    CLIENTELE_PUBLIC_URL: publicUrl,
    CLIENTELE_TRUST_PROXY: '127.0.0.1',
    CLIENTELE_ADMIN_PASSWORD: adminPassword,
    CLIENTELE_RATE_LIMITS: 'off',
  }
  const [a, b] = await Promise.all([startServer(settings), startServer(settings)])
  nodes = { a, b }
  return {
    publicUrl,
    preparing,
    nodes,
    served,
    pin: (node) => {
      pinned = node
    },
    command: (...args) => runCommand(args, settings),
    close: async () => {
      front.close()
      front.closeAllConnections()
      await Promise.all([a.stop(), b.stop()])
      await preparing.close()
      remove()
    },
  }
}
