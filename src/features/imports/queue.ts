/** The queue of imports: a job names one. */
export const importQueue = 'import'
/** Jobs that were tried as often as they may be. */
export const abandonedImportQueue = 'import-abandoned'

export type ImportJob = { tenantId: string; importId: string }
