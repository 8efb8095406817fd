/** What this thread has computed so far, in milliseconds: unlike the clock, it does not go on while others have the processor. */
export function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
