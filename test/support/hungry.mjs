/** Loaded into a program (node --import): on SIGUSR2 it takes memory until V8 gives up, as a job that was fed too much would. */
process.on('SIGUSR2', () => {
  const kept = []
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, n) => ({ n })))
})
