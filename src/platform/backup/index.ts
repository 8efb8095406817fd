export type { BackupHeader, BackupTotals } from './backup.ts'
export { backUp } from './backup.ts'
export { BrokenBackupError } from './container.ts'
export { checkBackup, migrationsOf, openBackup, RestoreError, restoreRows } from './restore.ts'
