export const enScoring = {}
