export const enLedger = {}
