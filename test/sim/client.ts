/** Users: they start executions, with and without keys, and do to them whatever can be done. */

import { writeSnapshot } from '../../src/core/snapshot.ts';
import { isEnded } from '../../src/core/state.ts';
import type { Operation, Started, StartRequest } from '../../src/engine/engine.ts';
import { Fault } from '../../src/kit/fault.ts';
import type { Auditor } from './checks/auditor.ts';
import type { Book } from './checks/book.ts';
import type { Dice } from './dice.ts';
import { signalKeys, signalNames } from './generate-waits.ts';
import { Lost, type Network } from './network.ts';
import type { Tally } from './tally.ts';
import { claim } from './violation.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface ClientDeps {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly tally: Tally;
  readonly network: Network;
  readonly auditor: Auditor;
  readonly workspace: string;
  readonly workflows: readonly string[];
  /** What the engine must never answer. */
  readonly broken: (error: unknown) => void;
}

export interface Ledger {
  /** Ids of starts that were answered, with the number of the request. */
  readonly acknowledged: Map<string, number>;
  /** How often a request was sent, by its number, and whether it bore a key. */
  readonly asked: Map<number, { sent: number; hasKey: boolean }>;
}

export interface Client {
  readonly ledger: Ledger;
  start(): void;
  /** Something at random to some execution. */
  meddle(): void;
  operate(executionId: string, operation: Operation): Promise<void>;
  /** Looks at an execution that is at rest. */
  look(executionId: string): void;
}

export function openClient(deps: ClientDeps): Client {
  const { time, dice, tally, network, auditor, workspace } = deps;
  const ledger: Ledger = { acknowledged: new Map(), asked: new Map() };
  const idsByKey = new Map<string, string>();
  let requests = 0;

  function numbered(hasKey: boolean): number {
    const number = requests;
    requests += 1;
    ledger.asked.set(number, { sent: 0, hasKey });
    return number;
  }

  const inputAtRandom = () => ({ k1: dice.int(0, 9), k2: dice.int(0, 9), k3: dice.int(0, 9), k4: dice.int(0, 9) });

  function request(): { number: number; body: StartRequest } {
    const hasKey = dice.chance(0.5);
    const number = numbered(hasKey);
    const input = inputAtRandom();
    const body = {
      workspace,
      workflow: dice.pick(deps.workflows),
      input,
      metadata: { request: `r${number}` },
      priority: dice.int(0, 9),
      ...(hasKey ? { idempotencyKey: `key-${number}` } : {}),
      ...(dice.chance(0.1) ? { timeoutMs: dice.int(1, 60) * 1_000 } : {}),
    };
    return { number, body };
  }

  async function start(): Promise<void> {
    const { number, body } = request();
    const tries = body.idempotencyKey === undefined ? 1 : 6;
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      try {
        const started = await send(number, body);
        // Whoever waits for any of them finds several.
        if (dice.chance(0.25)) crowd(started.executionId, dice.int(2, 6));
        if (body.idempotencyKey === undefined || !dice.chance(0.2)) return;
        tally.fault('client repeats a start');
        const again = await send(number, body);
        return claim(again.executionId === started.executionId, 'I2', () => `one key started two executions`);
      } catch (error) {
        if (!isExpected(error) && !isRemoved(error)) return deps.broken(error);
        await new Promise<void>((resolve) => time.after(dice.int(50, 2_000), resolve));
      }
    }
  }

  function send(number: number, body: StartRequest): Promise<Started> {
    return network.ask({
      run(engine) {
        const asked = ledger.asked.get(number);
        if (asked) asked.sent += 1;
        return engine.executions.start(body);
      },
      seen: (started) => acknowledge(number, body.idempotencyKey, started),
      mayDouble: true,
    });
  }

  function acknowledge(number: number, key: string | undefined, { executionId, isNew }: Started): void {
    claim(auditor.books.has(executionId), 'I1', () => `the start of ${executionId} was answered before it was durable`);
    ledger.acknowledged.set(executionId, number);
    if (!isNew) tally.saw('start key taken');
    if (key === undefined) return;
    const earlier = idsByKey.get(key);
    claim(earlier === undefined || earlier === executionId, 'I2', () => `${key} started ${earlier} and ${executionId}`);
    idsByKey.set(key, executionId);
  }

  /** Takes up one that has ended, at any step of its workflow's own list. */
  async function rerun({ id, outline }: Book): Promise<void> {
    const names = outline.definition.steps.steps.flatMap(({ name, handler }) => (handler ? [] : [name]));
    const hasKey = dice.chance(0.5);
    const number = numbered(hasKey);
    const key = hasKey ? `key-${number}` : undefined;
    const body = {
      workspace,
      executionId: id,
      fromStep: dice.pick(names),
      metadata: { request: `r${number}` },
      ...(dice.chance(0.3) ? { input: inputAtRandom() } : {}),
      ...(key === undefined ? {} : { idempotencyKey: key }),
    };
    try {
      await network.ask({
        run(engine) {
          const asked = ledger.asked.get(number);
          if (asked) asked.sent += 1;
          return engine.executions.rerun(body);
        },
        seen: (started) => acknowledge(number, key, started),
        mayDouble: true,
      });
      tally.fault('client rerun');
    } catch (error) {
      if (!isExpected(error) && !isRemoved(error, id)) deps.broken(error);
    }
  }

  function signalAtRandom(): Operation {
    const payload = { n: dice.int(0, 9) };
    const key = dice.chance(0.5) ? { key: dice.pick([...signalKeys, String(dice.int(0, 9))]) } : {};
    const signal = { type: 'signal', name: dice.pick(signalNames), payload, ...key } as const;
    return dice.chance(0.7) ? { ...signal, id: `sig-${dice.int(0, 1_000_000)}` } : signal;
  }

  /** Signals come in crowds: of those that are kept a wait must take the right one. */
  function crowd(executionId: string, count: number): void {
    for (let sent = 0; sent < count; sent += 1) void operate(executionId, signalAtRandom());
  }

  function operationAtRandom(): Operation {
    const number = dice.int(1, 100);
    if (number <= 35) return signalAtRandom();
    if (number <= 50) return { type: 'pause' };
    if (number <= 70) return { type: 'resume' };
    if (number <= 81) return { type: 'retry' };
    if (number <= 82) return { type: 'discard', by: 'ada' };
    return { type: number <= 95 ? 'cancel' : 'terminate' };
  }

  async function operate(executionId: string, operation: Operation): Promise<void> {
    try {
      await network.ask({
        run: (engine) => engine.executions.operate(workspace, executionId, operation),
        seen: () => checkDone(executionId, operation),
        mayDouble: true,
      });
    } catch (error) {
      if (!isExpected(error) && !isRemoved(error, executionId)) deps.broken(error);
    }
  }

  /** What retention removed is not found any more, and nothing else is. */
  function isRemoved(error: unknown, executionId?: string): boolean {
    const { removed } = auditor.retention;
    if (Fault.is(error, 'EXECUTION_GONE')) return removed.size > 0;
    return Fault.is(error, 'EXECUTION_NOT_FOUND') && executionId !== undefined && removed.has(executionId);
  }

  function checkDone(executionId: string, operation: Operation): void {
    const book = auditor.books.get(executionId);
    const { type } = operation;
    tally.fault(`client ${type}`);
    const happened = {
      cancel: () => (book?.counts.get('execution.closing') ?? 0) + (book?.counts.get('execution.closed') ?? 0),
      terminate: () => book?.counts.get('execution.closed'),
      pause: () => book?.counts.get('execution.paused'),
      resume: () => book?.counts.get('execution.resumed'),
      retry: () => book?.counts.get('execution.retried'),
      discard: () => book?.counts.get('execution.dead_letter_discarded'),
      signal: () => book?.counts.get('signal.received'),
    }[type]();
    claim(happened, 'I1', () => `${type} of ${executionId} was answered before it was durable`);
  }

  function look(executionId: string): void {
    const project = { run: shownState, mayDouble: false };
    const failed = (error: unknown): void => {
      if (!isExpected(error) && !isRemoved(error, executionId)) deps.broken(error);
    };
    network.ask(project).catch(failed);

    function shownState(engine: Parameters<Parameters<Network['ask']>[0]['run']>[0]): Promise<void> {
      return engine.executions.read(workspace, executionId, (state) => {
        try {
          auditor.shown(executionId, state.position, writeSnapshot(state));
        } catch (error) {
          deps.broken(error);
        }
      });
    }
  }

  return {
    ledger,
    start: () => void start(),
    operate,
    look,
    meddle() {
      const open = [...auditor.books.values()].filter((book) => !isEnded(book.shadow) || dice.chance(0.2));
      if (open.length === 0) return;
      const { id } = dice.pick(open);
      look(id);
      const isAlone = ({ shadow }: Book): boolean => shadow.isReportTaken === false && shadow.status === 'failed';
      const alone = [...auditor.books.values()].find(isAlone);
      if (alone && dice.chance(0.5)) void operate(alone.id, { type: 'retry' });
      const dead = [...auditor.books.values()].find(({ shadow }) => shadow.deadLetter);
      if (dead && dice.chance(0.3)) {
        void operate(dead.id, dice.chance(0.5) ? { type: 'discard', by: 'ada' } : { type: 'retry' });
      }
      const ended = [...auditor.books.values()].filter(({ shadow }) => isEnded(shadow));
      if (ended.length > 0 && dice.chance(0.15)) void rerun(dice.pick(ended));
      if (!dice.chance(0.5)) return;
      const operation = operationAtRandom();
      void operate(id, operation);
      if (operation.type === 'signal' && dice.chance(0.5)) crowd(id, dice.int(1, 3));
    },
  };
}

/** Answers that a client must be ready for. */
function isExpected(error: unknown): boolean {
  if (error instanceof Lost) return true;
  const codes = [
    'STORE_UNREACHABLE',
    'STORE_FULL',
    'STATE_CONFLICT',
    'SHUTTING_DOWN',
    'QUEUE_FULL',
    'LIMIT_EXCEEDED',
    'CONCURRENCY_LIMIT',
  ];
  return Fault.is(error) && codes.includes(error.code);
}
