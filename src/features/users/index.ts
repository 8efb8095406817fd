export { tellOfChange } from './account-mail.ts'
export type { UserErrorCode } from './errors.ts'
export { requireRemovable, stillMay } from './grants.ts'
export { acceptInvitation, inviteUser, listInvitations, withdrawInvitation } from './invitations.ts'
export { userJobs } from './jobs.ts'
export type { Invitation } from './link-store.ts'
export { viewLink } from './links.ts'
export { createUser, listUsers, resetPassword, updateUser, viewUser } from './operations.ts'
export {
  changeOwnPassword,
  createPasswordLink,
  requestPasswordLink,
  resetPasswordByLink,
} from './own-password.ts'
export { verifyPassword } from './passwords.ts'
export { post as postMail } from './post.ts'
export type { User } from './store.ts'
export { addressesOf, administratorAddresses, emailKey } from './store.ts'
