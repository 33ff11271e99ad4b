/**
 * Leases that are nobody's any more, made for real: tasks are claimed, left until they are handed to somebody else, settled,
 * given back or ended, and then their first holder comes with what it was once given.
 */
import assert from 'node:assert/strict';
import { type PlatformProcess, until } from '../../support/platform.ts';
import { type BadCase, openWriter, type RightAnswer, type Writer } from './bad-case.ts';
import type { Scene } from './scene.ts';

export interface Lease {
  readonly task_id: string;
  readonly lease_token: string;
}

interface Claimed extends Lease {
  readonly execution_id: string;
}

export interface Leases {
  readonly cases: readonly BadCase[];
  /** The holders of now: their leases are good whatever was sent. */
  keep(): Promise<void>;
  /** Their results count, and the executions end with them. Resolves with how many there were. */
  settle(): Promise<number>;
}

/** The lease of these workflows: long enough for a busy machine, and waited for once. */
const leaseMs = 2_000;

const workflow = (name: string, more: string): string => `apiVersion: magicflow.io/v2
kind: Workflow
metadata: {name: ${name}, version: 1.0.0}
spec:
  steps: [{name: work, type: function, executor: ${name}, function: hold, ${more}}]
`;

/** `vault`: handed out again. `shelf`: the lease ran out and nobody came. `sprint`: the attempt timed out. */
const workflows = [
  workflow('vault', `heartbeat_timeout: ${leaseMs}ms`),
  workflow('shelf', `heartbeat_timeout: ${leaseMs}ms`),
  workflow('sprint', 'timeout: 1s'),
];

/** What becomes of a lease of the vault before its holder comes back, or while it is away. */
const early = ['completed by its holder', 'failed by its holder', 'given back', 'of a terminated execution'] as const;
const late = ['handed to another', 'completed by another', 'failed by another'] as const;

export async function openLeases({ platform, tokens }: Scene): Promise<Leases> {
  for (const text of workflows) await platform.deploy(text);
  const desk = openDesk(platform);
  const first = await desk.claim('vault', early.length + late.length);
  const [done, broken, back, ended, ...away] = first;
  assert.ok(done && broken && back && ended);
  await desk.complete(done, 'first');
  await desk.fail(broken);
  await platform.post('tasks/release', { tasks: [leaseOf(back)] });
  await platform.post(`executions/${ended.execution_id}/terminate`);

  const [shelved] = await desk.claim('shelf', 1);
  const [timed] = await desk.claim('sprint', 1);
  assert.ok(shelved && timed);
  await desk.hasEvent(shelved, 'step.redelivered');
  await platform.ended(timed.execution_id);

  // By now every lease of the vault has run out.
  const second = await desk.takeOver([back, ...away]);
  const [again, handed, other, failed] = [back, ...away].map((task) => matching(second, task));
  assert.ok(again && handed && other && failed);
  await desk.complete(other, 'second');
  await desk.fail(failed);

  const held = [again, handed];
  const stale: (readonly [string, Lease])[] = [
    ...[...early, ...late].map((fate, index) => [fate, first[index] as Claimed] as const),
    ['that ran out, and nobody came', shelved],
    ['of an attempt that timed out', timed],
    ...forged(held),
  ];
  return {
    cases: [
      ...staleCases(openWriter(tokens.executor), stale),
      ...staleCases(openWriter(tokens.stranger), [['of another workspace', again]]),
    ],
    keep: () => desk.keep(held),
    async settle() {
      await desk.completeBoth(back, again);
      await desk.complete(handed, 'second');
      for (const { execution_id } of held) {
        const execution = await platform.ended(execution_id);
        assert.deepEqual([execution.status, execution.steps[0]?.output], ['completed', { by: 'second' }]);
      }
      return held.length;
    },
  };
}

const leaseOf = ({ task_id, lease_token }: Lease): Lease => ({ task_id, lease_token });

function matching(tasks: readonly Claimed[], { task_id }: Lease): Claimed {
  const found = tasks.find((task) => task.task_id === task_id);
  assert.ok(found, `${task_id} was handed out again`);
  return found;
}

/** Tokens that were never given, for tasks that somebody holds. */
function forged([one, other]: readonly Claimed[]): (readonly [string, Lease])[] {
  assert.ok(one && other);
  const { task_id, lease_token: token } = one;
  const swapped = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
  return [
    ['of another task', { task_id, lease_token: other.lease_token }],
    ['with a letter changed', { task_id, lease_token: swapped }],
    ['cut short', { task_id, lease_token: token.slice(0, -1) }],
    ['with a letter more', { task_id, lease_token: `${token}0` }],
    ['in capitals', { task_id, lease_token: token.toUpperCase() }],
    ['with a space', { task_id, lease_token: ` ${token}` }],
    ['under the task of another step', { task_id: task_id.replace('/work#', '/walk#'), lease_token: token }],
    ['under the next attempt', { task_id: task_id.replace(/1$/, '2'), lease_token: token }],
    ['under the next visit', { task_id: task_id.replace('#1/', '#2/'), lease_token: token }],
    ['under the execution alone', { task_id: one.execution_id, lease_token: token }],
  ];
}

const nobodys = [
  'x',
  'exec_0',
  'exec_0/s#1/1',
  'exec_0/s#1',
  '/',
  '//',
  'a#b/c',
  'exec_0/../s#1/1',
  '__proto__',
  '🙂',
  '*',
];

/** Leases of tasks that never were. */
export const unknownLeaseCases = (writer: Writer): BadCase[] =>
  staleCases(
    writer,
    nobodys.map((task_id) => [`of the task ${task_id}`, { task_id, lease_token: 'stale' }]),
  );

const staleAnswer: RightAnswer = { status: 200, code: 'STALE_LEASE', names: 'STALE_LEASE' };

function staleCases(writer: Writer, leases: readonly (readonly [string, Lease])[]): BadCase[] {
  return leases.flatMap(([fate, held]) => {
    const lease = leaseOf(held);
    const completed = { ...lease, status: 'completed', output: { by: 'nobody' } };
    const failed = { ...lease, status: 'failed', error: { code: 'LATE', message: 'too late' } };
    const claim = { executor: 'nobody', worker_id: 'w' };
    const sent: readonly (readonly [string, string, unknown])[] = [
      ['completed', 'complete', { results: [completed] }],
      ['failed', 'complete', { results: [failed] }],
      ['completed, and more claimed', 'complete', { results: [completed], claim }],
      ['kept', 'heartbeat', { tasks: [lease] }],
      ['kept with progress', 'heartbeat', { tasks: [{ ...lease, progress: 0.5 }] }],
      ['given back', 'release', { tasks: [lease] }],
    ];
    return sent.map(([what, verb, body]) => ({
      title: `a lease ${fate} is ${what}`,
      request: writer.json(`POST /api/v1/tasks/${verb}`, body),
      answer: staleAnswer,
    }));
  });
}

/** An executor of one function, by hand. */
function openDesk(platform: PlatformProcess) {
  const claim = async (executor: string, count: number): Promise<readonly Claimed[]> =>
    (await platform.post('tasks/claim', { executor, worker_id: 'hand', max_tasks: count, wait: '10s' })).tasks;
  const bring = async (task: Claimed, result: unknown): Promise<void> => {
    const { results } = await platform.post('tasks/complete', {
      results: [{ ...leaseOf(task), ...(result as object) }],
    });
    assert.deepEqual(results, [{ task_id: task.task_id, accepted: true }]);
  };
  const keep = async (held: readonly Claimed[]): Promise<void> => {
    const { tasks } = await platform.post('tasks/heartbeat', { tasks: held.map(leaseOf) });
    assert.ok(tasks.every((task: Record<string, unknown>) => !task['cancel_requested'] && task['code'] === undefined));
  };
  return {
    keep,
    /** Starts so many, and takes them. */
    async claim(workflow: string, count: number): Promise<readonly Claimed[]> {
      for (let index = 0; index < count; index += 1) await platform.post(`workflows/${workflow}/execute`);
      const tasks = await claim(workflow, count);
      assert.equal(tasks.length, count);
      return tasks;
    },
    complete: (task: Claimed, by: string) => bring(task, { status: 'completed', output: { by } }),
    /** In one call: what is stale costs the other nothing. */
    async completeBoth(stale: Claimed, { task_id, lease_token }: Claimed): Promise<void> {
      const output = { by: 'second' };
      const { results } = await platform.post('tasks/complete', {
        results: [stale, { task_id, lease_token }].map((task) => ({ ...leaseOf(task), status: 'completed', output })),
      });
      assert.deepEqual(results, [
        { task_id, accepted: false, code: 'STALE_LEASE' },
        { task_id, accepted: true },
      ]);
    },
    fail: (task: Claimed) => bring(task, { status: 'failed', error: { code: 'BROKEN', message: 'on purpose' } }),
    /** Claims until each of these has come again; what came sooner is kept meanwhile. */
    async takeOver(wanted: readonly Claimed[]): Promise<readonly Claimed[]> {
      const found: Claimed[] = [];
      while (found.length < wanted.length) {
        if (found.length > 0) await keep(found);
        const claimed = await platform.post('tasks/claim', {
          executor: 'vault',
          worker_id: 'other',
          max_tasks: 100,
          wait: '500ms',
        });
        found.push(...claimed.tasks);
      }
      return found;
    },
    async hasEvent({ execution_id }: Claimed, type: string): Promise<void> {
      const look = async () => {
        const { events } = await platform.get(`executions/${execution_id}/journal`);
        return events.some((event: { type: string }) => event.type === type) || undefined;
      };
      await until(look, { what: type });
    },
  };
}
