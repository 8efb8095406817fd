import { worked } from '#platform/jobs/worked-queue.ts'
import type { AccountMailJob } from './account-mail.ts'
import { accountMailQueue, sendAccountMail } from './account-mail.ts'
import type { PasswordLinkJob } from './own-password.ts'
import { passwordLinkQueue, sendPasswordLinks } from './own-password.ts'

export const userJobs = [
  worked<PasswordLinkJob>({
    queue: passwordLinkQueue,
    lookSeconds: 1,
    run: (services, data, { id }) => sendPasswordLinks(services, data, id),
  }),
  worked<AccountMailJob>({
    queue: accountMailQueue,
    lookSeconds: 2,
    run: (services, data) => sendAccountMail(services, data),
  }),
]
