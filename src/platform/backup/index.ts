export { backUp } from './backup.ts'
export { checkBackup, migrationsOf, openBackup, restoreRows } from './restore.ts'
