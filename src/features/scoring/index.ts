export { builtInScorecard } from './built-in-scorecard.ts'
export type { Problem } from './check-bands.ts'
export type { Comparison } from './comparison.ts'
export type { AnalysisDetails, Reason } from './details.ts'
export type { ScoringErrorCode } from './errors.ts'
export type { Explanation } from './explanation.ts'
export { analysisJobs } from './jobs.ts'
export type { AnalysisView } from './operations.ts'
export { explainAnalysis, listAnalyses, requestAnalysis, viewAnalysis } from './operations.ts'
export { updateProfileWithAnalysis, viewProfileWithAnalysis } from './profile-operations.ts'
export { setAnalysisQuota, viewAnalysisQuota } from './quota-operations.ts'
export type { AnalysisJob, JobOutcome } from './running.ts'
export {
  endAnalysesOperation,
  failAbandonedAnalyses,
  runAnalyses,
  startAnalysesOperation,
} from './running.ts'
export type { Quota, Scorecard, StoredAnalysis } from './schemas.ts'
export { analysisStatuses } from './schemas.ts'
export { bilingual, scorecardDefinition } from './scorecard.ts'
export type { CheckedScorecard, TryOut } from './scorecard-operations.ts'
export {
  activateScorecard,
  createScorecard,
  listScorecards,
  retireScorecard,
  tryOutScorecard,
  updateScorecard,
  validateScorecard,
  viewScorecard,
} from './scorecard-operations.ts'
export type { ScorecardSummary } from './scorecard-store.ts'
