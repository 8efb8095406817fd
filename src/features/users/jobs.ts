import { worked } from '#platform/jobs/worked-queue.ts'
import type { PasswordLinkJob } from './own-password.ts'
import { passwordLinkQueue, sendPasswordLinks } from './own-password.ts'

export const userJobs = [
  worked<PasswordLinkJob>({
    queue: passwordLinkQueue,
    lookSeconds: 1,
    run: (services, data, { id }) => sendPasswordLinks(services, data, id),
  }),
]
