export const enNotices = {}
