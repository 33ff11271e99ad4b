import { isObject } from '../../src/kit/json.ts';
import type { WireResult, WireTask } from './task.ts';
import type { Answer, Transport } from './transport.ts';

/** The four calls of an executor. Each rejects with `ApiError`; none repeats itself. */
export interface ClaimWish {
  readonly executor: string;
  readonly functions: readonly string[];
  readonly maxTasks: number;
  /** Waits on the server for the first task; 0 answers at once. */
  readonly waitMs: number;
}

export interface Claimed {
  readonly tasks: readonly WireTask[];
  /** The server's clock minus this process's, milliseconds. */
  readonly clockOffsetMs: number;
}

/** Answers stand for results by `task_id`. */
export interface Completed extends Claimed {
  readonly answers: readonly TaskAnswer[];
}

export interface CompleteOptions {
  /** Takes tasks in the same call. */
  readonly wish?: ClaimWish | undefined;
  readonly signal: AbortSignal;
}

export interface TaskAnswer {
  readonly task_id: string;
  readonly accepted: boolean;
  readonly code?: string;
}

export interface BeatAnswer {
  readonly task_id: string;
  readonly lease_expires_at: string;
  readonly cancel_requested: boolean;
}

export interface Held {
  readonly task_id: string;
  readonly lease_token: string;
  readonly progress?: unknown;
}

export class Desk {
  readonly #transport: Transport;
  readonly #workerId: string;

  constructor(transport: Transport, workerId: string) {
    this.#transport = transport;
    this.#workerId = workerId;
  }

  async claim(wish: ClaimWish, signal: AbortSignal): Promise<Claimed> {
    const timeoutMs = wish.waitMs + 15_000;
    return claimedOf(await this.#post('/api/v1/tasks/claim', this.#claim(wish), { signal, timeoutMs }));
  }

  async complete(results: readonly WireResult[], rest: CompleteOptions): Promise<Completed> {
    const body = { results, ...(rest.wish ? { claim: this.#claim(rest.wish) } : {}) };
    const answer = await this.#post('/api/v1/tasks/complete', body, { signal: rest.signal });
    return { ...claimedOf(answer), answers: listOf<TaskAnswer>(answer.body, 'results') };
  }

  async heartbeat(
    tasks: readonly Held[],
    timeoutMs: number,
  ): Promise<{ beats: readonly BeatAnswer[]; clockOffsetMs: number }> {
    const answer = await this.#post('/api/v1/tasks/heartbeat', { tasks }, { timeoutMs });
    return { beats: listOf<BeatAnswer>(answer.body, 'tasks'), clockOffsetMs: clockOffsetOf(answer) };
  }

  /** Gives tasks back, ready for another worker at once. */
  async release(tasks: readonly Held[]): Promise<void> {
    await this.#post('/api/v1/tasks/release', { tasks }, { timeoutMs: 5_000 });
  }

  #claim({ executor, functions, maxTasks, waitMs }: ClaimWish): Record<string, unknown> {
    return { executor, worker_id: this.#workerId, functions, max_tasks: maxTasks, wait: `${waitMs}ms` };
  }

  #post(path: string, body: unknown, rest: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<Answer> {
    return this.#transport.send({ method: 'POST', path, body, ...rest });
  }
}

const claimedOf = (answer: Answer): Claimed => ({
  tasks: listOf<WireTask>(answer.body, 'tasks'),
  clockOffsetMs: clockOffsetOf(answer),
});

function listOf<T>(body: unknown, name: string): readonly T[] {
  const list = isObject(body) ? body[name] : undefined;
  return Array.isArray(list) ? (list as T[]) : [];
}

/**
 * How far the two clocks are apart, by the answer's `Date`. It counts whole seconds, so a small difference says nothing
 * and is taken for none.
 */
function clockOffsetOf(answer: Answer): number {
  const at = Date.parse(answer.headers['date'] ?? '');
  const offsetMs = Number.isNaN(at) ? 0 : at - Date.now();
  return Math.abs(offsetMs) < 2_000 ? 0 : offsetMs;
}
