import { batched } from '#platform/jobs/worked-queue.ts'
import type { WorkflowJob } from './running.ts'
import { runWorkflowJob, workflowQueue } from './running.ts'

export const workflowJobs = [
  batched<WorkflowJob>({
    // A job only says where to look: what a lost one was about is due again after a minute.
    queue: { name: workflowQueue, expireInSeconds: 120, retryLimit: 0 },
    lookSeconds: 0.5,
    // Each has some executions under way at once.
    batchSize: 2,
    burst: true,
    runTogether: (services, jobs) => Promise.all(jobs.map(({ data }) => runWorkflowJob(services, data))),
  }),
]
