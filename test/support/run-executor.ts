/** An executor process that does what the script in its folder says. Started by `executor.ts`. */
import { fsync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createExecutor, NonRetryable, type Task } from '../../sdk/typescript/executor.ts';
import type { Behaviour, Effect, Script } from './executor.ts';

const [folder = '', limits = '{}'] = process.argv.slice(2);
const effects = openEffects(join(folder, 'effects'));
const calls = new Map<string, number>();

for (const [name, functions] of Object.entries(script())) {
  const executor = createExecutor({ name, wait: '5s', ...JSON.parse(limits), report: () => undefined });
  for (const functionName of Object.keys(functions)) {
    executor.register(functionName, async (input: unknown, task) => {
      await effects.add(effectOf(name, input, task));
      return behave(behaviourOf(name, functionName), input, task);
    });
  }
  await executor.start();
  process.once('SIGTERM', () => void executor.stop({ deadlineMs: 2_000 }));
}
console.log('ready');

function script(): Script {
  return JSON.parse(readFileSync(join(folder, 'script.json'), 'utf8')) as Script;
}

function behaviourOf(name: string, functionName: string): Behaviour {
  const place = `${name}/${functionName}`;
  const count = calls.get(place) ?? 0;
  calls.set(place, count + 1);
  const given = script()[name]?.[functionName] ?? { answer: null };
  const list: readonly Behaviour[] = Array.isArray(given) ? given : [given];
  return list[Math.min(count, list.length - 1)] ?? { answer: null };
}

async function behave(behaviour: Behaviour, input: unknown, task: Task): Promise<unknown> {
  if ('crash' in behaviour) process.kill(process.pid, 'SIGKILL');
  if ('hang' in behaviour) return new Promise(() => undefined);
  if ('fail' in behaviour) {
    await delay(behaviour.delayMs ?? 0);
    throw failure(behaviour.fail);
  }
  if (!('answer' in behaviour)) return null;
  if (behaviour.progress !== undefined) task.progress(behaviour.progress);
  if (behaviour.delayMs !== undefined) await delay(behaviour.delayMs);
  return behaviour.answer === '$input' ? input : behaviour.answer;
}

function failure({ code, message, retryable = true }: { code: string; message: string; retryable?: boolean }): Error {
  return retryable ? Object.assign(new Error(message), { code }) : new NonRetryable(message, { code });
}

function effectOf(executor: string, input: unknown, task: Task): Effect {
  const { executionId: execution, step, attempt, idempotencyKey: key } = task;
  return { executor, function: task.function, execution, step, attempt, key, input };
}

/** Appends lines and syncs them; those that come while a sync runs share the next one. */
function openEffects(path: string): { add(effect: Effect): Promise<void> } {
  const descriptor = openSync(path, 'a');
  let waiting: { line: string; resolve: () => void }[] = [];
  let isSyncing = false;

  function flush(): void {
    const batch = waiting;
    waiting = [];
    isSyncing = batch.length > 0;
    if (!isSyncing) return;
    writeSync(descriptor, batch.map(({ line }) => line).join(''));
    fsync(descriptor, () => {
      for (const { resolve } of batch) resolve();
      flush();
    });
  }

  return {
    add: (effect) =>
      new Promise((resolve) => {
        waiting.push({ line: `${JSON.stringify(effect)}\n`, resolve });
        if (!isSyncing) queueMicrotask(flush);
        isSyncing = true;
      }),
  };
}
