export type { EmailProviderErrorCode } from './errors.ts'
export {
  createEmailConfig,
  deleteEmailConfig,
  testEmailConfig,
  updateEmailConfig,
  viewEmailConfig,
} from './operations.ts'
