/**
 * What leaves an execution once a move is durable: tasks to executors, timers to the clock, withdrawals to whoever holds
 * the task. `recover` does the same from nothing but the state, for an execution that nobody has in hand.
 */

import type { Changes } from '../../core/outstanding.ts';
import { isHeld } from '../../core/pending.ts';
import { attemptId, type Command } from '../../core/state.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Store } from '../../storage/store.ts';
import type { BreakerGate } from '../calls/breaker-gate.ts';
import type { CacheGate } from '../calls/cache-gate.ts';
import type { Local } from '../calls/local.ts';
import type { Children } from '../children/children.ts';
import type { Permits } from '../concurrency/permits.ts';
import type { EngineCounters } from '../engine.ts';
import { timerHorizonMs } from '../limits.ts';
import type { Timers } from '../recovery/timers.ts';
import type { Desk } from '../tasks/desk.ts';
import { taskIdOf } from '../tasks/task-id.ts';
import type { Live } from './live.ts';
import type { Mailboxes } from './mailbox.ts';

type Dispatch = Command & { type: 'dispatch' };

export interface HandOverDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly desk: Desk;
  readonly local: Local;
  readonly breakers: BreakerGate;
  readonly cache: CacheGate;
  readonly children: Children;
  readonly permits: Pick<Permits, 'join'>;
  readonly mailboxes: Pick<Mailboxes, 'submit' | 'read'>;
  readonly counters: EngineCounters;
  /** An execution waits for an admission slot. */
  readonly queue: (live: Live) => void;
}

export function handOver(deps: HandOverDeps, live: Live, changes: Changes): void {
  const { state } = live;
  for (const attempt of changes.settled) {
    if (live.inProcess?.has(attempt)) deps.local.abort(live, attempt);
    else settleTask(deps, live, attempt);
  }
  for (const command of changes.opened) {
    if (!isHeld(state, command) && state.outstanding.get(command.id) === command) hand(deps, live, command);
  }
}

function settleTask(deps: HandOverDeps, live: Live, attempt: string): void {
  const path = attempt.slice(0, attempt.lastIndexOf('#'));
  const executor = live.state.steps.get(path)?.task?.executor;
  if (executor !== undefined) deps.desk.settle(live.state.workspace, executor, taskIdOf(live.id, attempt));
}

function hand(deps: HandOverDeps, live: Live, command: Command): void {
  switch (command.type) {
    case 'dispatch':
      return dispatch(deps, live, command);
    case 'withdraw':
      if (deps.local.isRunning(live, command.dispatch)) return deps.local.abort(live, command.dispatch);
      return deps.desk.withdraw(live, command);
    case 'timer':
      return arm(deps, live.id, command);
    case 'continue':
      return deps.mailboxes.submit(live.id, { type: 'continue', id: command.id });
    case 'admission':
      return deps.queue(live);
    case 'permit':
      return waitForPermit(deps, live, command);
    case 'child':
    case 'report':
      return deps.children.deliver(live, command);
  }
}

function dispatch(deps: HandOverDeps, live: Live, command: Dispatch): void {
  if (deps.local.isRunning(live, command.id) || deps.desk.handLent(live, command)) return;
  const asked = deps.cache.ask(live, command);
  if (!asked) return handOut(deps, live, command);
  void asked.then((output) => {
    const { step, visit, attempt } = command;
    if (output === undefined) return handOutStill(deps, live.id, command);
    deps.mailboxes.submit(live.id, { type: 'task.completed', step, visit, attempt, output, cached: true });
  });
}

const isPatient = (onLimit: string | undefined): boolean => onLimit === undefined || onLimit === 'queue';

/** What needs no call, or would be refused one, does not wait in line for it. */
function waitForPermit(deps: HandOverDeps, live: Live, { step: path, key }: Command & { type: 'permit' }): void {
  const step = live.state.steps.get(path);
  // The execution itself is in line.
  const { workspace, turn } = live.state;
  if (!step) return deps.permits.join(workspace, key, isPatient(turn?.onLimit));
  const { visit, attempt } = step;
  const call: Dispatch = { type: 'dispatch', id: attemptId(step), step: path, visit, attempt };
  const refused = deps.breakers.refusalToQueue(live, call);
  if (refused) return deps.mailboxes.submit(live.id, refused);
  const join = (): void => deps.permits.join(workspace, key, isPatient(step.task?.limits?.slot?.onLimit));
  const asked = deps.cache.ask(live, call);
  if (!asked) return join();
  void asked.then((output) => {
    if (output === undefined) return join();
    deps.mailboxes.submit(live.id, { type: 'task.completed', step: path, visit, attempt, output, cached: true });
  });
}

/** The execution may have moved on while the cache was asked; where it cannot be read, its wake row is met by the sweep. */
function handOutStill(deps: HandOverDeps, executionId: string, command: Dispatch): void {
  deps.mailboxes.read(executionId, {
    take(live) {
      const isWanted = live.state.outstanding.has(command.id) && !live.state.paused;
      if (isWanted && !deps.local.isRunning(live, command.id)) handOut(deps, live, command);
    },
    failed: () => undefined,
  });
}

function handOut(deps: HandOverDeps, live: Live, command: Dispatch): void {
  const isLocal = deps.local.isLocal(live.state, command);
  const refused = isLocal ? deps.breakers.refusal(live, command) : deps.breakers.refusalToQueue(live, command);
  if (refused) return deps.mailboxes.submit(live.id, refused);
  if (isLocal) return deps.local.run(live, command);
  const task = live.state.steps.get(command.step)?.task;
  if (!task) return;
  deps.desk.offer(live.state.workspace, task.executor, {
    taskId: taskIdOf(live.id, command.id),
    executionId: live.id,
    attempt: command.id,
    function: task.function,
    rank: 9 - live.state.priority,
  });
}

function arm(deps: HandOverDeps, executionId: string, timer: Command & { type: 'timer' }): void {
  if (timer.dueAt - deps.clock.nowMs() > timerHorizonMs) return;
  deps.timers.add(timer.dueAt, () => {
    deps.counters.timersFired += 1;
    if (timer.timer !== 'queue') return deps.mailboxes.submit(executionId, { type: 'timer', id: timer.id });
    // Where the store cannot be read now, the wake row of this timer is met by the sweep.
    queueFact(deps, executionId, timer).then(
      (fact) => deps.mailboxes.submit(executionId, fact),
      () => undefined,
    );
  });
}

/** Sends again what is owed to other executions. Only while the state is shown: what is not durable must not leave. */
export function sendAgain({ children }: HandOverDeps, live: Live, commands: readonly Command[]): void {
  for (const command of commands) {
    if (command.type === 'child' || command.type === 'report') children.deliver(live, command);
  }
}

/**
 * Looks after an execution whose wake row is due: fires what is due, hands out again what nobody has. Returns how many
 * facts that made. The commands are those of a durable state: of a move that is on its way there are no rows yet, and what
 * it hands out is not lost.
 */
export async function recover(deps: HandOverDeps, live: Live, commands: readonly Command[]): Promise<number> {
  let facts = 0;
  const nowMs = deps.clock.nowMs();
  for (const command of commands) {
    if (command.type === 'timer' && command.dueAt > nowMs) arm(deps, live.id, command);
    else if (command.type === 'child' || command.type === 'report' || command.type === 'permit') continue;
    else if (command.type === 'dispatch') facts += (await recoverDispatch(deps, live, command)) ? 1 : 0;
    else {
      if (command.type === 'timer') deps.mailboxes.submit(live.id, await timerFact(deps, live, command));
      else hand(deps, live, command);
      facts += 1;
    }
  }
  return facts;
}

async function timerFact(deps: HandOverDeps, live: Live, timer: Command & { type: 'timer' }) {
  deps.counters.timersFired += 1;
  if (timer.timer !== 'queue') return { type: 'timer', id: timer.id } as const;
  return queueFact(deps, live.id, timer);
}

/** Whether somebody holds the task, its row alone can tell: this node need not be the one that handed it out. */
async function queueFact(deps: HandOverDeps, executionId: string, timer: Command & { type: 'timer' }) {
  const taskId = taskIdOf(executionId, timer.id.slice('queue:'.length));
  const lease = (await deps.store.tasks.find(taskId))?.lease;
  return {
    type: 'timer',
    id: timer.id,
    isClaimed: lease !== undefined && lease.expiresAt > deps.clock.nowMs(),
  } as const;
}

/**
 * True where the attempt had to be handed out again. A task with a row is looked after by its lease, or by whoever claims
 * it; a function of this process does not claim.
 */
async function recoverDispatch(
  deps: HandOverDeps,
  live: Live,
  command: Command & { type: 'dispatch' },
): Promise<boolean> {
  if (deps.local.isRunning(live, command.id)) return false;
  const row = await deps.store.tasks.find(taskIdOf(live.id, command.id));
  if (row) {
    live.unproven?.delete(command.id);
    if (row.lease || !deps.local.isLocal(live.state, command)) return false;
  }
  if (live.state.outstanding.get(command.id) !== command) return false;
  const { step, visit, attempt } = command;
  deps.mailboxes.submit(live.id, { type: 'task.lost', step, visit, attempt });
  return true;
}
