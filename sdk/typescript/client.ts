import { randomUUID } from 'node:crypto';
import type { Deployed, Execution, Explanation, JournalEvent, Started } from './answers.ts';
import { ApiError } from './api-error.ts';
import { backoffMs, pause } from './backoff.ts';
import { bulkCalls } from './bulk.ts';
import { deadLetterCalls } from './dead-letters.ts';
import { humanTaskCalls } from './human-tasks.ts';
import { limitCalls } from './limits.ts';
import { retentionCalls } from './retention.ts';
import { type StreamPlace, streamExecution } from './stream.ts';
import { type Call, openTransport, type TransportOptions, wasNeverSent } from './transport.ts';

/**
 * The platform's HTTP API as typed calls.
 *
 * Every call rejects with `ApiError` alone. A passing failure (no answer, 429, 5xx) is tried again, with jitter and
 * `Retry-After`, where a repeat is harmless: reads, deploys, and starts, which always carry an idempotency key. The other
 * calls are repeated only where the first try cannot have had an effect.
 */
export interface ClientOptions extends TransportOptions {
  /** Tries of one call, the first included. Default 5. */
  readonly attemptsMax?: number;
}

export interface ExecuteOptions {
  /** Starting twice with one key starts one execution. Default: a new one for this call. */
  readonly idempotencyKey?: string;
  /** How long the answer waits for the end: `10s`. Default: not at all. */
  readonly wait?: string;
  /** Default: the active version. */
  readonly version?: string;
  readonly timeout?: string;
  /** 0 to 9, 9 first. */
  readonly priority?: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Filters and page of a list: `status`, `workflow`, `cursor`, `limit` … */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export type Client = ReturnType<typeof createClient>;

/** Throws TypeError where `server` is no http(s) address. */
export function createClient(options: ClientOptions) {
  const transport = openTransport(options);
  const caller = new Caller((call) => transport.send(call).then((answer) => answer.body), options.attemptsMax ?? 5);
  const further = {
    ...humanTaskCalls(caller, queryText),
    ...bulkCalls(caller, queryText),
    ...deadLetterCalls(caller, queryText),
    ...limitCalls(caller, queryText),
    ...retentionCalls(caller),
  };
  return Object.assign(workflowCalls(caller), executionCalls(caller), further, {
    /** Live events from after a position to the end of the execution; goes on by itself after a lost connection. */
    stream: (executionId: string, at: StreamPlace = {}): AsyncGenerator<JournalEvent> =>
      streamExecution(transport, executionId, at),
    /** Any other call of the API. */
    request: (call: Call): Promise<unknown> => caller.send(call),
    /** Closes the kept connections. */
    close: (): void => transport.close(),
  });
}

function workflowCalls(caller: Caller) {
  return {
    /** The text may hold several documents. Rejects with DEFINITION_INVALID (`errors` says where) or VERSION_CONFLICT. */
    deploy: (yaml: string, query: Query = {}): Promise<Deployed> =>
      caller.repeat({ method: 'POST', path: `/api/v1/workflows${queryText(query)}`, body: yaml }),
    listWorkflows: (query: Query = {}): Promise<Record<string, unknown>> =>
      caller.read(`/api/v1/workflows${queryText(query)}`),
    getWorkflow: (name: string): Promise<Record<string, unknown>> => caller.read(`/api/v1/workflows/${segment(name)}`),
    /** Durable once it resolves. */
    execute<Output = unknown>(name: string, input: unknown, options: ExecuteOptions = {}): Promise<Started<Output>> {
      const { idempotencyKey = randomUUID(), wait, metadata, ...rest } = options;
      return caller.repeat({
        method: 'POST',
        path: `/api/v1/workflows/${segment(name)}/execute${queryText({ wait })}`,
        headers: { 'idempotency-key': idempotencyKey },
        body: { input, ...(metadata ? { metadata } : {}), ...(Object.keys(rest).length > 0 ? { options: rest } : {}) },
        ...waitingTimeout(wait),
      });
    },
    /** At most 1,000; each without a key gets one. Answers stand in the order of the items. */
    executeBatch: (
      name: string,
      items: readonly { input: unknown; idempotency_key?: string; metadata?: Readonly<Record<string, unknown>> }[],
    ): Promise<{ executions: readonly ({ execution_id: string } | { error: { code: string; message: string } })[] }> =>
      caller.repeat({
        method: 'POST',
        path: `/api/v1/workflows/${segment(name)}/execute-batch`,
        body: { executions: items.map((item) => ({ idempotency_key: randomUUID(), ...item })) },
      }),
  };
}

function executionCalls(caller: Caller) {
  const at = (id: string, rest = ''): string => `/api/v1/executions/${segment(id)}${rest}`;
  const operate = (id: string, operation: string, body: unknown = {}): Promise<Execution> =>
    caller.once({ method: 'POST', path: at(id, `/${operation}`), body });
  return {
    get: <Output = unknown>(id: string): Promise<Execution<Output>> => caller.read(at(id)),
    results: (id: string): Promise<Record<string, unknown>> => caller.read(at(id, '/results')),
    journal: (id: string, page: { after?: number; limit?: number } = {}): Promise<Record<string, unknown>> =>
      caller.read(at(id, `/journal${queryText(page)}`)),
    /** The one reason it waits, and all the others. */
    explain: (id: string): Promise<Explanation> => caller.read(at(id, '/explain')),
    list: (query: Query = {}): Promise<Record<string, unknown>> => caller.read(`/api/v1/executions${queryText(query)}`),
    /** Compensates what was done; `terminate` does not. */
    cancel: (id: string, reason?: string): Promise<Execution> => operate(id, 'cancel', reason ? { reason } : {}),
    terminate: (id: string, reason?: string): Promise<Execution> => operate(id, 'terminate', reason ? { reason } : {}),
    pause: (id: string): Promise<Execution> => operate(id, 'pause'),
    resume: (id: string): Promise<Execution> => operate(id, 'resume'),
    /** Goes on from the step that failed, as a new run of the same execution. */
    retry: (id: string): Promise<Execution> => operate(id, 'retry'),
    /** A new execution that takes up this one from a step of its workflow's own list. */
    rerun: (id: string, fromStep: string, given: RerunOptions = {}): Promise<Started> => {
      const { idempotencyKey = randomUUID(), ...body } = given;
      return caller.repeat({
        method: 'POST',
        path: at(id, '/rerun'),
        headers: { 'idempotency-key': idempotencyKey },
        body: { from_step: fromStep, ...body },
      });
    },
    /** Bears an id, so that a repeat of the call is one signal. `key`: for a step that waits for the name under it. */
    signal: (id: string, name: string, payload: unknown = null, more: { key?: string } = {}): Promise<Execution> =>
      caller.repeat({
        method: 'POST',
        path: at(id, `/signals/${segment(name)}`),
        body: { payload, ...more, id: randomUUID() },
      }),
  };
}

export interface RerunOptions extends Pick<ExecuteOptions, 'idempotencyKey' | 'metadata'> {
  /** In place of the earlier input. */
  readonly input?: unknown;
  /** In place of what earlier steps gave, by their names. */
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** Sends calls, again where that is harmless. */
class Caller {
  readonly #send: (call: Call) => Promise<unknown>;
  readonly #attemptsMax: number;

  constructor(send: (call: Call) => Promise<unknown>, attemptsMax: number) {
    this.#send = send;
    this.#attemptsMax = attemptsMax;
  }

  read<T>(path: string): Promise<T> {
    return this.repeat({ method: 'GET', path });
  }

  /** A call whose repeat is harmless. */
  repeat<T>(call: Call): Promise<T> {
    return this.#try(call, (error) => error.isPassing) as Promise<T>;
  }

  /** A call that is repeated only where it had no effect. */
  once<T>(call: Call): Promise<T> {
    return this.#try(
      call,
      (error) => wasNeverSent(error) || error.status === 429 || error.status === 503,
    ) as Promise<T>;
  }

  send(call: Call): Promise<unknown> {
    return call.method === 'GET' ? this.repeat(call) : this.once(call);
  }

  async #try(call: Call, mayRepeat: (error: ApiError) => boolean): Promise<unknown> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#send(call);
      } catch (error) {
        const isLast = failures >= this.#attemptsMax || call.signal?.aborted === true;
        if (isLast || !ApiError.is(error) || error.code === 'ABORTED' || !mayRepeat(error)) throw error;
        await pause(backoffMs({ failures, retryAfterMs: error.retryAfterMs }), call.signal);
      }
    }
  }
}

const segment = (text: string): string => encodeURIComponent(text);

export function queryText(query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}

/** A call that waits on the server may be silent for longer than others: the platform bounds the wait, not this side. */
const waitingTimeout = (wait: string | undefined): { timeoutMs?: number } =>
  wait === undefined ? {} : { timeoutMs: 0 };
