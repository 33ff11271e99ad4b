/** The retention of the engine for tests: nothing is due, and every call is written down. */
import type { RetentionDesk } from '../engine/retention/sweeper.ts';

export function noRetention(called: (name: string, ...given: readonly unknown[]) => void): RetentionDesk {
  return {
    policy: { completedMs: 86_400_000 },
    own: async () => new Map([['hello', { failedMs: 3_600_000 }]]),
    async run(workspace) {
      called('runRetention', workspace);
      return 0;
    },
    async due(workspace) {
      called('dueRetention', workspace);
      return { age: 2, number: 1 };
    },
    sizeBytes: async () => 4_096,
    lastSweep: () => undefined,
  };
}
