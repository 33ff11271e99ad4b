/**
 * Every type of step that decides by itself or leads to others keeps the same promises on a real server: success, failure,
 * timeout, cancel, retry, and a crash in the middle. The types that call something outside have journeys of their own.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { stepTypes } from '../../src/model/steps/types.ts';
import { type ExecutorProcess, openExecutor, type Script } from '../support/executor.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

interface Subject {
  readonly type: string;
  /** Lines of a step that completes, and with what output. `SLOW` stands for a step that the executor answers. */
  readonly success: string;
  readonly output: unknown;
  /** Lines of a step that fails where the input says so, and the code. */
  readonly failure: string;
  readonly code: string;
  /** Attempts that a policy of three makes of that failure: those that no repetition mends make one. */
  readonly attempts: 1 | 3;
  /** Lines of a step that goes on until the executor answers, or until `signals` come. Absent: it is over at once. */
  readonly lasting?: string;
  readonly signal?: string;
}

const slow = '{ name: slow, type: function, executor: store, function: slow }';
const failing = '{ name: bad, type: function, executor: store, function: bad }';

const subjects: readonly Subject[] = [
  {
    type: 'function',
    success: 'executor: store, function: slow',
    output: { done: true },
    failure: 'executor: store, function: bad',
    code: 'BROKEN',
    attempts: 3,
    lasting: 'executor: store, function: slow',
  },
  {
    type: 'condition',
    success: `condition: "$.input.n > 1", then: [${slow}], else: [${failing}]`,
    output: { done: true },
    failure: `condition: "$.input.n > 1", then: [${failing}]`,
    code: 'BROKEN',
    attempts: 3,
    lasting: `condition: "$.input.n > 1", then: [${slow}]`,
  },
  {
    type: 'parallel',
    success: `branches: [{ name: a, steps: [${slow}] }, { name: b, steps: [{ name: t, type: transform, mapping: 5 }] }]`,
    output: { a: { done: true }, b: 5 },
    failure: `branches: [{ name: a, steps: [${failing}] }, { name: b, steps: [${slow}] }]`,
    code: 'BROKEN',
    attempts: 3,
    lasting: `branches: [{ name: a, steps: [${slow}] }]`,
  },
  {
    type: 'loop',
    success: `iterate_over: "[1, 2]", steps: [${slow}], output: "$.response.succeeded"`,
    output: 2,
    failure: `iterate_over: "[1, 2]", steps: [${failing}]`,
    code: 'BROKEN',
    attempts: 3,
    lasting: `iterate_over: "[1]", steps: [${slow}]`,
  },
  {
    type: 'wait',
    success: 'duration: 10ms',
    output: null,
    failure: 'until: "$.input.no_time"',
    code: 'EXPRESSION_FAILED',
    attempts: 1,
    lasting: 'signal: go',
    signal: 'go',
  },
  {
    type: 'transform',
    success: 'mapping: { n: "$.input.n", half: "${input.n / 2}" }',
    output: { n: 7, half: 3.5 },
    failure: 'mapping: "${parse_json(\'{\')}"',
    code: 'EXPRESSION_FAILED',
    attempts: 1,
  },
  {
    type: 'validate',
    success: 'data: "$.input", rules: [{ name: positive, condition: "$.item.n > 0" }]',
    output: true,
    failure: 'data: "$.input", rules: [{ name: tiny, condition: "$.item.n < 0" }]',
    code: 'VALIDATION_FAILED',
    attempts: 1,
  },
  {
    type: 'aggregate',
    success: 'items: [1, 2, 3], statistics: { total: { function: sum } }',
    output: { total: 6 },
    failure: 'items: "$.input.n", statistics: { total: { function: sum } }',
    code: 'EXPRESSION_FAILED',
    attempts: 1,
  },
  {
    type: 'fail',
    success: 'when: "$.input.n < 0", code: NO_WAY',
    output: null,
    failure: 'code: NO_WAY, message: never',
    code: 'NO_WAY',
    attempts: 1,
  },
];

interface Journey {
  readonly file: string;
  /** The titles of its tests. */
  readonly success: string;
  readonly failure: string;
  readonly timeout: string;
  readonly cancel: string;
  readonly retry: string;
  readonly crash: string;
}

const outgoing: Journey = {
  file: 'outgoing.test.ts',
  success: 'brings its answer into the output',
  failure: 'fails at once where trying again would not help',
  timeout: 'fails with TIMEOUT after its timeout, and lets go of the request',
  cancel: 'is cancelled with its execution, and its request with it',
  retry: 'is tried again under the same idempotency key',
  crash: 'is done again after a crash in the middle, under the same idempotency key',
};

/** Where the others keep the same promises, one test each. */
const elsewhere: Readonly<Record<string, Journey>> = {
  http: outgoing,
  webhook: outgoing,
  notify: outgoing,
  grpc: {
    file: 'grpc.test.ts',
    success: 'answers with its message, or with all of a stream',
    failure: 'fails by the name of its status',
    timeout: 'out of time is cancelled at the server',
    cancel: 'cancelled is cancelled at the server',
    retry: 'tries again until somebody is there',
    crash: 'killed in the middle calls again under the same key',
  },
  database: {
    file: 'databases.test.ts',
    success: 'writes, reads and leaves no secret behind',
    failure: 'fails by the word for what the database refused, and writes nothing',
    timeout: 'out of time ends the query too',
    cancel: 'cancelled ends the query too',
    retry: 'tries again when the connection is lost, and writes once',
    crash: 'killed again and again in the middle writes every row once',
  },
  publish: {
    file: 'messages.test.ts',
    success: 'a step publishes, and a reader that waited has the message as a CloudEvent',
    failure: 'a topic that an expression got wrong fails the step, which a handler sees',
    timeout: 'a broker that hangs lets the step run into its own timeout',
    cancel: 'a broker that cannot be reached is tried again, until somebody cancels, and has the message once it can',
    retry: 'a broker that cannot be reached is tried again, until somebody cancels, and has the message once it can',
    crash: 'a server killed while it publishes 300 messages loses none, and each is there once, with its key',
  },
  workflow: {
    file: 'children.test.ts',
    success: 'has the output of the execution that it started, and both know each other',
    failure: 'fails as the other one does, with its code, or where the input does not fit it',
    timeout: 'out of time has the other one cancelled, which undoes what it did',
    cancel: 'cancelled with its execution lets the other one undo first',
    retry: 'starts another execution with each attempt',
    crash: 'killed ${moment} goes on after the restart as if nothing had been',
  },
  human_task: {
    file: 'people.test.ts',
    success: 'an assignee finds the task, claims it, answers it, and the execution goes on with the answer',
    failure: "a task whose assignees have no value is nobody's, and fails",
    timeout: 'without an answer the task goes on to the next ones, and after its timeout the flow to on_timeout',
    cancel: 'a task is cancelled with its execution',
    retry: 'a policy asks once more where nobody answered in time',
    crash: 'a kill in the middle loses no task, no claim and no answer',
  },
};

/** A transform that is a script is a call: beside what a mapping does it can be out of time, and interrupted. */
const scripts: Journey = {
  file: 'scripts.test.ts',
  success: 'makes its output from input and params, and its output mapping follows',
  failure: 'that throws leads where failures lead, with its code and its lines',
  timeout: "ends at the step's own timeout as any step does",
  cancel: 'that is cancelled ends the execution, and the next one runs',
  retry: 'is tried again where it ran out of time, and not where it would throw again',
  crash: 'that a crash interrupts is run again and gives what it would have given',
};

const calm: Script = {
  store: {
    slow: { answer: { done: true }, delayMs: 50 },
    bad: { fail: { code: 'BROKEN', message: 'on purpose' } },
  },
};
const hanging: Script = { store: { ...calm['store'], slow: { hang: true } } };
const leisurely: Script = { store: { ...calm['store'], slow: { answer: { done: true }, delayMs: 1_500 } } };

/** The step `it` in a flow of its own; behind one that is over at once stands one that is not. */
const flow = (name: string, type: string, { lines, isFollowed = false }: { lines: string; isFollowed?: boolean }) => `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: ${name}, version: 1.0.0 }
spec:
  steps:
    - { name: it, type: ${type}, ${lines} }
    ${isFollowed ? `- ${slow.replace('name: slow', 'name: after')}` : ''}
`;

test('every type of step has its journey', () => {
  const types = stepTypes.map(({ name }) => name);
  assert.deepEqual([...subjects.map(({ type }) => type), ...Object.keys(elsewhere)].sort(), types.sort());
  for (const [type, { file, ...titles }] of [...Object.entries(elsewhere), ['script', scripts] as const]) {
    const source = readFileSync(new URL(file, import.meta.url), 'utf8');
    for (const [cell, title] of Object.entries(titles)) {
      const isThere = ["'", '"', '`'].some((quote) => source.includes(`test(${quote}${title}${quote}`));
      assert.ok(isThere, `no test in ${file} shows ${type} in ${cell}: "${title}"`);
    }
  }
});

describe('a step of type', () => {
  let platform: PlatformProcess;
  let executor: ExecutorProcess;
  before(async () => {
    platform = await openPlatform({ willBeKilled: true });
    executor = await openExecutor({ server: platform.url, token: platform.token, script: calm, concurrency: 100 });
  });
  after(async () => {
    await executor?.close();
    await platform?.close();
  });

  async function start(name: string, type: string, given: { lines: string; isFollowed?: boolean }): Promise<string> {
    const full = `${type}-${name}`;
    await platform.deploy(flow(full, type, given));
    return (await platform.post(`workflows/${full}/execute`, { input: { n: 7 } })).execution_id;
  }

  /** Something of it goes on and will not end by itself. */
  const underWay = (id: string) =>
    until(
      async () => {
        const { steps } = await platform.get(`executions/${id}`);
        return steps.some(isGoingOn) ? steps : undefined;
      },
      { what: `a step under way in ${id}` },
    );

  for (const { type, success, output, failure, code, attempts, lasting, signal } of subjects) {
    const going = lasting === undefined ? { lines: success, isFollowed: true } : { lines: lasting };
    describe(type, () => {
      test('gives its output', async () => {
        executor.follow(calm);
        const { status, steps } = await platform.ended(await start('success', type, { lines: success }));
        assert.equal(status, 'completed');
        assert.deepEqual(type === 'validate' ? steps[0].output.valid : (steps[0].output ?? null), output);
      });

      test('fails by its code, after as many attempts as can mend it', async () => {
        executor.follow(calm);
        const retried = `${failure}, retry_config: { max_attempts: 3, initial_delay: 10ms }`;
        const { status, error, steps } = await platform.ended(await start('failure', type, { lines: retried }));
        assert.deepEqual([status, error.code, steps[0].status], ['failed', code, 'failed']);
        assert.equal(steps[0].attempt, attempts);
      });

      if (attempts === 3) {
        test('completes where one of its attempts does', async () => {
          executor.follow(calm);
          const retried = `${failure}, retry_config: { max_attempts: 50, backoff: fixed, initial_delay: 50ms }`;
          const id = await start('retry', type, { lines: retried });
          const [step] = await until(
            async () => {
              const { steps } = await platform.get(`executions/${id}`);
              return steps[0]?.attempt > 1 ? steps : undefined;
            },
            { what: 'another attempt' },
          );
          executor.follow({ store: { ...calm['store'], bad: { answer: { mended: true } } } });
          const { status, steps } = await platform.ended(id);
          assert.deepEqual([status, steps[0].attempt >= step.attempt], ['completed', true]);
        });
      }

      test('is replaced by its fallback where it fails', async () => {
        executor.follow(calm);
        const handled = `${failure}, fallback_response: { instead: true }`;
        const { status, steps } = await platform.ended(await start('fallback', type, { lines: handled }));
        assert.deepEqual([status, steps[0].output], ['completed', { instead: true }]);
      });

      test(lasting === undefined ? 'is never out of time' : 'fails by its timeout', async () => {
        executor.follow(hanging);
        const lines = `${lasting ?? success}, timeout: 300ms`;
        const { status, error } = await platform.ended(await start('timeout', type, { lines }));
        assert.deepEqual(
          [status, error?.code],
          lasting === undefined ? ['completed', undefined] : ['failed', 'TIMEOUT'],
        );
      });

      test(lasting === undefined ? 'stays as it ended when the execution is cancelled' : 'is cancelled', async () => {
        executor.follow(hanging);
        const id = await start('cancel', type, going);
        const before = await underWay(id);
        await platform.post(`executions/${id}/cancel`, {});
        const { status, steps } = await platform.ended(id);
        assert.equal(status, 'cancelled');
        for (const [place, step] of steps.entries()) {
          assert.equal(step.status, isGoingOn(before[place]) ? 'cancelled' : before[place].status, step.name);
        }
      });

      test('gives the same when the server is killed in the middle', async () => {
        executor.follow(leisurely);
        const id = await start('crash', type, going);
        const before = await underWay(id);
        await platform.kill();
        await platform.start();
        if (signal !== undefined) await platform.post(`executions/${id}/signals/${signal}`, {});
        const { status, steps } = await platform.ended(id, 30_000);
        assert.equal(status, 'completed');
        for (const [place, step] of before.entries()) {
          if (!isGoingOn(step)) assert.deepEqual(steps[place], step);
        }
        assert.deepEqual(new Set(steps.map((step: Step) => step.attempt)), new Set([1]));
      });
    });
  }
});

interface Step {
  readonly status: string;
  readonly attempt: number;
}

const isGoingOn = ({ status }: Step): boolean => status === 'running' || status === 'waiting';
