/** Shared limits as people look at them: the keys that are held or waited for, each with who holds it. */
import type { Clock } from '../../kit/clock.ts';
import type { Limits } from '../../storage/limits.ts';
import type { LimitDesk, LimitPage, LimitUse } from '../engine.ts';
import { parseTaskId, taskIdOf } from '../tasks/task-id.ts';

/** Holders that one key names. */
const holdersMax = 100;

export function openLimitDesk({ limits, clock }: { limits: Limits; clock: Clock }): LimitDesk {
  async function useOf(workspace: string, key: string, waiting: number): Promise<LimitUse> {
    const holders = await limits.holders({ workspace, key, at: clock.nowMs() });
    return {
      key,
      waiting,
      held: holders.length,
      holders: holders.slice(0, holdersMax).map(({ executionId, holder, until }) => {
        const named = parseTaskId(taskIdOf(executionId, holder));
        return { executionId, step: named?.step, attempt: named?.attempt, until };
      }),
    };
  }

  async function one(workspace: string, key: string): Promise<LimitPage> {
    const [line] = await limits.awaited({ workspace, key, limit: 1 });
    const waiting = line?.count ?? 0;
    const use = await useOf(workspace, key, waiting);
    return { uses: use.held + waiting === 0 ? [] : [use], hasMore: false };
  }

  return {
    async list({ workspace, key, after, limit }) {
      if (key !== undefined) return one(workspace, key);
      const place = after === undefined ? {} : { after };
      const line = after === undefined ? {} : { after: { workspace, key: after } };
      const [held, awaited] = await Promise.all([
        limits.held({ workspace, at: clock.nowMs(), limit: limit + 1, ...place }),
        limits.awaited({ workspace, limit: limit + 1, ...line }),
      ]);
      const counts = new Map(awaited.map((each) => [each.key, each.count]));
      const keys = [...new Set([...held, ...awaited].map((each) => each.key))].sort(byCodePoints);
      const shown = keys.slice(0, limit);
      const uses = await Promise.all(shown.map((each) => useOf(workspace, each, counts.get(each) ?? 0)));
      return { uses, hasMore: keys.length > limit };
    },
  };
}

/** As the store orders them. */
const byCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
