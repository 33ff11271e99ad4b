/** Milliseconds that this thread has worked so far: a bound on them holds however busy the machine is. */
export function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
