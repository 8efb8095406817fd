/** What a feature has workers do: a queue, and what becomes of its jobs. src/worker.ts puts them together. */
import type { Services } from '../operations/services.ts'
import type { Queue } from './queue.ts'

type Took<Data> = { readonly id: string; readonly data: Data }

/*
 * Methods, not properties holding functions: TypeScript compares methods' parameters bivariantly, so that queues of all
 * kinds of jobs fit into one list. A queue holds what its own feature has put there.
 */
export interface WorkedQueue<Data extends object = object> {
  readonly queue: Queue
  /** In the form of cron, UTC: then it gets a job by itself, one for all workers. */
  readonly schedule?: string
  /** So often an idle worker looks for jobs. */
  readonly lookSeconds: number
  /** So many a worker runs at the same time; 1 unless said otherwise. Of one tenant one less: somebody else's waits for none. */
  readonly atOnce?: number
  /** @param signal ends it: the queue has given the job up, or the worker stops */
  run(services: Services, data: Data, job: { readonly id: string; readonly signal: AbortSignal }): Promise<unknown>
}

/** One whose jobs are taken together, up to so many. */
export interface BatchedQueue<Data extends object = object> {
  readonly queue: Queue
  readonly lookSeconds: number
  readonly batchSize: number
  /** A full batch is followed by another one at once. */
  readonly burst?: boolean
  /** Says of each job what became of it, instead of failing with all of them. */
  readonly tellsOfEach?: boolean
  runTogether(services: Services, jobs: readonly Took<Data>[]): Promise<unknown>
}

export type AnyQueue = WorkedQueue | BatchedQueue

/** In this form a list keeps what is known of each queue's jobs. */
export const worked = <Data extends object>(queue: WorkedQueue<Data>): WorkedQueue => queue
export const batched = <Data extends object>(queue: BatchedQueue<Data>): BatchedQueue => queue

const hour = 3600

/**
 * Queues of jobs that may take hours: a worker that lives says so, one that is no more is missed by its heartbeat, and what was
 * tried as often as it may be goes to the last of these queues, where it is given up. That one comes first: the others name it.
 */
export function longJobs<Data extends object>({
  names,
  abandoned,
  giveUp,
  ...own
}: {
  names: readonly string[]
  abandoned: string
  expireInSeconds?: number
  heartbeatSeconds?: number
  retryLimit?: number
  retryDelayMax?: number
  lookSeconds: number
  atOnce?: number
  run: WorkedQueue<Data>['run']
  giveUp(services: Services, data: Data): Promise<unknown>
}): readonly WorkedQueue[] {
  const { lookSeconds, atOnce = 1, run, ...limits } = own
  const usual = { expireInSeconds: 12 * hour, heartbeatSeconds: 30, retryLimit: 3, retryDelayMax: 60 }
  return [
    worked<Data>({ queue: abandoned, lookSeconds: 5, run: giveUp }),
    ...names.map((name) =>
      worked<Data>({ queue: { name, ...usual, ...limits, deadLetter: abandoned }, lookSeconds, atOnce, run }),
    ),
  ]
}
