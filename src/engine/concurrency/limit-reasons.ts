/** What stands in the way of those who wait for a limit, in words: who holds the key, until when a rate is used up. */
import { keyText } from '../../core/execution-turn.ts';
import type { ExecutionState } from '../../core/state.ts';
import type { PermitCommand } from '../../core/task-limits.ts';
import type { RateUsage, SlotHolder } from '../../storage/limits.ts';
import type { Store } from '../../storage/store.ts';
import type { Reason } from '../engine.ts';
import { parseTaskId, taskIdOf } from '../tasks/task-id.ts';

/** Of the limits that an execution waits for, by their keys. */
export interface LimitSight {
  readonly holders: ReadonlyMap<string, readonly SlotHolder[]>;
  readonly usages: ReadonlyMap<string, RateUsage | undefined>;
}

/** Keys that one explanation looks at. */
const keysMax = 20;
/** Holders that one reason names. */
const namedMax = 3;

export async function limitSight(
  limits: Store['limits'],
  { workspace, at, permits }: { workspace: string; at: number; permits: readonly Wanted[] },
): Promise<LimitSight> {
  const wanted = permits.slice(0, keysMax);
  const slots = [...new Set(wanted.flatMap(({ slot }) => (slot ? [slot.key] : [])))];
  const rates = [...new Set(wanted.flatMap(({ rate }) => (rate ? [rate.key] : [])))];
  const holders = slots.map(async (key) => [key, await limits.holders({ workspace, key, at })] as const);
  const usages = rates.map(async (key) => [key, await limits.usage({ workspace, key, at })] as const);
  return { holders: new Map(await Promise.all(holders)), usages: new Map(await Promise.all(usages)) };
}

export interface Wanted {
  readonly slot?: { readonly key: string; readonly limit: number } | undefined;
  readonly rate?: { readonly key: string; readonly limit: number; readonly perMs: number } | undefined;
}

export function wantedBy(state: Readonly<ExecutionState>): Wanted[] {
  return [...state.outstanding.values()].flatMap((command) =>
    command.type === 'permit' ? [limitsOf(state, command)] : [],
  );
}

function limitsOf(state: Readonly<ExecutionState>, { step, holder }: PermitCommand): Wanted {
  if (holder === '') return { slot: state.turn };
  return state.steps.get(step)?.task?.limits ?? {};
}

/** Undefined where its limit has room: then it is the workspace's turn, or nobody has looked since. */
export function limitReason(
  state: Readonly<ExecutionState>,
  permit: PermitCommand,
  sight: LimitSight,
): Reason | undefined {
  const { slot, rate } = limitsOf(state, permit);
  const { who, at } = whereOf(state, permit);
  const holders = (slot && sight.holders.get(slot.key)) ?? [];
  if (slot && permit.slot === undefined && holders.length >= slot.limit) {
    const message = `${who} waits for its key: ${heldText(slot.key, holders)}`;
    const untils = holders.flatMap(({ until }) => until ?? []);
    return { ...at, message, until: untils.length === 0 ? undefined : Math.min(...untils) };
  }
  const usage = rate && sight.usages.get(rate.key);
  if (rate && usage && usage.used >= rate.limit) {
    const until = new Date(usage.until).toISOString();
    const message = `${who} waits: the rate ${keyText(rate.key)} (${rate.limit} in ${rate.perMs / 1_000} s) is used up until ${until}`;
    return { ...at, message, until: usage.until };
  }
  return undefined;
}

export function nextReason(state: Readonly<ExecutionState>, permit: PermitCommand): Reason {
  const { who, at } = whereOf(state, permit);
  return { ...at, message: `${who} is in line for its limit ${keyText(permit.key)}: it is next soon` };
}

function whereOf(state: Readonly<ExecutionState>, { holder, step }: PermitCommand) {
  if (holder === '') return { who: 'it', at: { kind: 'limit', since: state.createdAt } as const };
  const since = state.steps.get(step)?.scheduledAt;
  return { who: `step ${step}`, at: { kind: 'limit', step, since } as const };
}

/** `key "customer-7" held by exec_1 (step charge) and 4 others`. */
function heldText(key: string, holders: readonly SlotHolder[]): string {
  const names = holders.slice(0, namedMax).map(({ executionId, holder, until }) => {
    const step = parseTaskId(taskIdOf(executionId, holder))?.step;
    const lingers = until === undefined ? '' : `, until its worker's lease ends at ${new Date(until).toISOString()}`;
    return `${executionId}${step === undefined ? '' : ` (step ${step}${lingers})`}`;
  });
  const others = holders.length - names.length;
  return `key ${keyText(key)} held by ${names.join(', ')}${others > 0 ? ` and ${others} others` : ''}`;
}
