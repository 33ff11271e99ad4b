/** Somebody who does things to many executions at once: asks for them, asks again, cancels them, looks how far they are. */
import type { BulkRequest } from '../../src/engine/bulk/bulk-desk.ts';
import { Fault } from '../../src/kit/fault.ts';
import type { Dice } from './dice.ts';
import { Lost, type Network } from './network.ts';
import type { Tally } from './tally.ts';

export interface BulkCallerDeps {
  readonly dice: Dice;
  readonly tally: Tally;
  readonly network: Network;
  readonly workspace: string;
  readonly workflows: readonly string[];
  readonly executionIds: () => readonly string[];
  readonly after: (delayMs: number, callback: () => void) => void;
  readonly broken: (error: unknown) => void;
}

export interface BulkCaller {
  /** Operations whose start was answered. */
  readonly asked: ReadonlySet<string>;
  act(): void;
}

const actions = ['cancel', 'terminate', 'pause', 'resume', 'retry', 'signal', 'signal'] as const;

export function openBulkCaller(deps: BulkCallerDeps): BulkCaller {
  const { dice, tally, network, workspace } = deps;
  const asked = new Set<string>();
  let requests = 0;

  function requestAtRandom(): BulkRequest {
    requests += 1;
    const action = dice.pick(actions);
    const ids = deps.executionIds().filter(() => dice.chance(0.5));
    return {
      workspace,
      action,
      filter: dice.chance(0.5) && ids.length > 0 ? { ids } : { workflow: dice.pick(deps.workflows) },
      given: action === 'signal' ? { signal: { name: 'go', payload: { n: dice.int(0, 9) } } } : {},
      requestedBy: 'ada',
      idempotencyKey: `bulk-${requests}`,
    };
  }

  async function act(): Promise<void> {
    const request = requestAtRandom();
    tally.fault('client bulk operation');
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      try {
        const run = { run: (engine: Engine) => engine.bulk.start(request), mayDouble: true };
        const { bulkId } = await network.ask({ ...run, seen: (row) => asked.add(row.bulkId) });
        if (dice.chance(0.2)) deps.after(dice.int(1, 500), () => void cancel(bulkId));
        return;
      } catch (error) {
        if (!isExpected(error)) return deps.broken(error);
      }
    }
  }

  async function cancel(bulkId: string): Promise<void> {
    try {
      await network.ask({ run: (engine) => engine.bulk.cancel(workspace, bulkId) });
      tally.fault('client cancels a bulk operation');
    } catch (error) {
      if (!isExpected(error)) deps.broken(error);
    }
  }

  return { asked, act: () => void act() };
}

type Engine = Parameters<Parameters<Network['ask']>[0]['run']>[0];

/** Answers that a caller must be ready for. */
function isExpected(error: unknown): boolean {
  if (error instanceof Lost) return true;
  const codes = ['STORE_UNREACHABLE', 'STORE_FULL', 'STATE_CONFLICT', 'SHUTTING_DOWN', 'IDEMPOTENCY_KEY_REUSED'];
  return Fault.is(error) && codes.includes(error.code);
}
