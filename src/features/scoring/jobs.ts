import { batched } from '#platform/jobs/worked-queue.ts'
import { attemptsForKey } from '#platform/secrets/secret-box.ts'
import type { AnalysisJob } from './running.ts'
import { abandonedAnalysisQueue, analysisQueue, failAbandonedAnalyses, runAnalyses } from './running.ts'

const batchSize = 100

export const analysisJobs = [
  batched<AnalysisJob>({
    queue: abandonedAnalysisQueue,
    lookSeconds: 5,
    batchSize,
    runTogether: failAbandonedAnalyses,
  }),
  batched<AnalysisJob>({
    // A batch takes far less than a second: what is not done after this was left behind by a worker that is no more.
    queue: {
      name: analysisQueue,
      expireInSeconds: 30,
      retryLimit: attemptsForKey - 1,
      retryDelayMax: 60,
      deadLetter: abandonedAnalysisQueue,
    },
    lookSeconds: 0.5,
    batchSize,
    burst: true,
    tellsOfEach: true,
    runTogether: runAnalyses,
  }),
]
