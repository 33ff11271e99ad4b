/**
 * Results that executors bring, alone or with a claim for more work.
 *
 * A result is a fact like any other; what makes a stale one harmless is that its attempt is settled or its token is not
 * the row's. All results of a call are submitted at once, so that they share a commit.
 */
import { Fault } from '../../kit/fault.ts';
import type { Json } from '../../kit/json.ts';
import type {
  ClaimRequest,
  EngineCounters,
  Exchanged,
  HandedTask,
  TaskAnswer,
  TaskDesk,
  TaskResult,
} from '../engine.ts';
import type { Advanced, Entry, UntimedFact } from '../moves/live.ts';
import type { Mailboxes } from '../moves/mailbox.ts';
import { copyJson, findUnstorable } from '../moves/storable.ts';
import type { ClaimDesk } from './claims.ts';
import type { HeldLease, LeaseBook } from './lease-book.ts';
import { parseTaskId } from './task-id.ts';

export interface ResultsDeps {
  readonly mailboxes: Pick<Mailboxes, 'submitAll'>;
  readonly leases: LeaseBook;
  readonly claims: Pick<ClaimDesk, 'claim' | 'claimWith'>;
  readonly counters: EngineCounters;
  readonly release: TaskDesk['release'];
}

interface Brought {
  readonly executionId: string;
  readonly fact: UntimedFact;
}

export function openResults(deps: ResultsDeps): Pick<TaskDesk, 'complete' | 'completeAndClaim'> {
  const { leases, claims } = deps;

  /** Looked up without waiting where this node handed the task out, so that one call is one batch. */
  async function leasesOf(results: readonly TaskResult[]): Promise<readonly (HeldLease | undefined)[]> {
    const known = results.map(({ taskId }) => leases.peek(taskId));
    if (!known.includes(undefined)) return known;
    return Promise.all(results.map(({ taskId }, index) => known[index] ?? leases.find(taskId)));
  }

  /** Results of one execution are one move. Everything is submitted when it returns. */
  function submit(
    workspace: string,
    results: readonly TaskResult[],
    held: readonly (HeldLease | undefined)[],
  ): Promise<readonly TaskAnswer[]> {
    const entries = new Map<string, Entry[]>();
    const answers = results.map((result, index): Promise<TaskAnswer> | TaskAnswer => {
      const { taskId } = result;
      const brought = factOf(workspace, result, held[index]);
      if (!brought) return stale(taskId);
      return new Promise((resolve, reject) => {
        const settle = (advanced: Advanced): void => {
          if (advanced.ok) return resolve({ taskId, accepted: true });
          if ('fault' in advanced) return reject(advanced.fault);
          resolve(stale(taskId));
        };
        const entry = { fact: brought.fact, settle, claims: undefined };
        const others = entries.get(brought.executionId);
        if (others) others.push(entry);
        else entries.set(brought.executionId, [entry]);
      });
    });
    for (const [executionId, each] of entries) deps.mailboxes.submitAll(executionId, each);
    return Promise.all(answers);
  }

  async function complete(workspace: string, results: readonly TaskResult[]): Promise<readonly TaskAnswer[]> {
    return submit(workspace, results, await leasesOf(results));
  }

  async function completeAndClaim(
    results: readonly TaskResult[],
    request: ClaimRequest,
    signal?: AbortSignal,
  ): Promise<Exchanged> {
    const held = await leasesOf(results);
    let answering: Promise<readonly TaskAnswer[]> = Promise.resolve([]);
    const claiming = claims.claimWith(request, () => {
      answering = submit(request.workspace, results, held);
    });
    const [answered, claimed] = await Promise.allSettled([answering, claiming]);
    const tasks = claimed.status === 'fulfilled' ? claimed.value : [];
    if (answered.status === 'rejected') {
      await deps.release(request.workspace, tasks);
      throw answered.reason;
    }
    return { answers: answered.value, tasks: tasks.length > 0 ? tasks : await claimOrNone(request, signal) };
  }

  /** The results are recorded: what is wrong with the claim must not take their answers away. */
  async function claimOrNone(request: ClaimRequest, signal?: AbortSignal): Promise<readonly HandedTask[]> {
    try {
      return await claims.claim(request, signal);
    } catch (error) {
      if (Fault.is(error)) return [];
      throw error;
    }
  }

  function stale(taskId: string): TaskAnswer {
    deps.counters.staleResults += 1;
    return staleLease(taskId);
  }

  return { complete, completeAndClaim };
}

export const staleLease = (taskId: string): TaskAnswer => ({ taskId, accepted: false, code: 'STALE_LEASE' });

/** Undefined where the lease is not the result's. */
function factOf(workspace: string, result: TaskResult, held: HeldLease | undefined): Brought | undefined {
  const parsed = parseTaskId(result.taskId);
  if (!parsed || held?.token !== result.leaseToken || held.workspace !== workspace) return undefined;
  const { executionId, step, visit, attempt } = parsed;
  const startedAt = held.since;
  const error = result.status === 'failed' ? result.error : findUnstorable(result.output);
  if (error) return { executionId, fact: { type: 'task.failed', step, visit, attempt, error, startedAt } };
  const output = result.status === 'completed' ? copyJson(result.output as Json) : null;
  return { executionId, fact: { type: 'task.completed', step, visit, attempt, output, startedAt } };
}
