/** Requests that are well formed and do not fit what is there: states, versions, keys, preconditions, cursors, pages. */
import { type BadCase, type RightAnswer, shown, unfit, type Writer } from '../bad-case.ts';

/** Executions of the scene, by what has become of them. */
export interface Standing {
  readonly running: string;
  readonly paused: string;
  readonly completed: string;
  readonly failed: string;
  readonly terminated: string;
  readonly compensated: string;
}

const ended = ['completed', 'failed', 'terminated', 'compensated'] as const;

const conflict = (names: string): RightAnswer => ({ status: 409, code: 'STATE_CONFLICT', names });

export function operationCases(writer: Writer, standing: Standing): BadCase[] {
  const refused: readonly (readonly [keyof Standing, string, string])[] = [
    ...ended.flatMap((state) =>
      ['cancel', 'terminate', 'pause', 'resume', 'signals/go'].map((verb) => [state, verb, 'has ended'] as const),
    ),
    ['running', 'resume', 'only a paused execution'],
    ['running', 'retry', 'only a failed'],
    ['paused', 'pause', 'paused already'],
    ['paused', 'retry', 'only a failed'],
    ['completed', 'retry', 'completed'],
    ['compensated', 'retry', 'start a new execution'],
  ];
  return refused.map(([state, verb, names]) => ({
    title: `${verb} of one that is ${state}`,
    request: writer.json(`POST /api/v1/executions/${standing[state]}/${verb}`, {}),
    answer: conflict(names),
  }));
}

/** Reruns of what has not ended, from steps that are none, with outputs of nothing. */
export function rerunCases(writer: Writer, standing: Standing): BadCase[] {
  const line = (state: keyof Standing): string => `POST /api/v1/executions/${standing[state]}/rerun`;
  const refused: readonly (readonly [unknown, string])[] = [
    [{ from_step: 'nobody' }, '/from_step'],
    [{ from_step: 'Echo' }, '/from_step'],
    [{ from_step: '__proto__' }, '/from_step'],
    [{ from_step: 'echo/echo' }, '/from_step'],
    [{ from_step: 'echo', outputs: { nobody: 1 } }, '/outputs/nobody'],
    [{ from_step: 'echo', outputs: { echo: 1 } }, '/outputs/echo'],
    [{ from_step: 'echo', outputs: { 'a/b': 1 } }, '/outputs/a~1b'],
  ];
  return [
    ...(['running', 'paused'] as const).map((state) => ({
      title: `rerun of one that is ${state}`,
      request: writer.json(line(state), { from_step: 'pay' }),
      answer: conflict('has not ended'),
    })),
    ...refused.map(([body, pointer]) => ({
      title: `rerun with ${shown(body)}`,
      request: writer.json(line('completed'), body),
      answer: unfit({ code: 'VALUE_INVALID', pointer, in: 'body' } as const, pointer),
    })),
    {
      title: 'rerun with two keys that differ',
      request: writer.json(line('completed'), { from_step: 'echo', idempotency_key: 'a' }, { 'idempotency-key': 'b' }),
      answer: unfit({ code: 'FIELD_CONFLICT', pointer: '/idempotency_key', in: 'body' }),
    },
    {
      title: 'rerun with an input that does not fit',
      request: writer.json(line('completed'), { from_step: 'echo', input: { text: 7 } }),
      answer: { status: 422, code: 'INPUT_INVALID', place: { code: 'TYPE', pointer: '/input/text' } },
    },
  ];
}

const otherContent = (name: string): string =>
  `apiVersion: magicflow.io/v2\nkind: Workflow\nmetadata: {name: ${name}, version: 1.0.0}\nspec: {steps: [{name: other, type: fail}]}\n`;

export function versionCases(writer: Writer): BadCase[] {
  const text = otherContent('orders');
  const conflicting: RightAnswer = { status: 409, code: 'VERSION_CONFLICT', names: 'metadata.version' };
  const deploying = [
    'POST /api/v1/workflows',
    'PUT /api/v1/workflows/orders',
    'POST /api/v1/workflows/orders/versions',
  ];
  const misnamed: RightAnswer = {
    status: 422,
    code: 'DEFINITION_INVALID',
    place: { code: 'NAME_INVALID', pointer: '/metadata/name' },
    names: 'orders',
  };
  const stale: RightAnswer = { status: 412, code: 'PRECONDITION_FAILED', names: 'workflow' };
  const matches = ['"old"', 'W/"old"', '""', '"a", "b"', 'nonsense'];
  const changing = ['PUT /api/v1/workflows/orders', 'POST /api/v1/workflows/orders/versions'];
  return [
    ...deploying.map((line) => ({
      title: `${line}: other content of a version`,
      request: writer.raw(line, text, 'application/yaml'),
      answer: conflicting,
    })),
    ...deploying.map((line) => ({
      title: `${line}: other content of a version, as JSON`,
      request: writer.json(line, { yaml_content: text }),
      answer: conflicting,
    })),
    ...changing.flatMap((line) =>
      ['other', 'order', 'orders-2'].map((name) => ({
        title: `${line}: a definition of ${name}`,
        request: writer.raw(line, otherContent(name), 'application/yaml'),
        answer: misnamed,
      })),
    ),
    ...changing.flatMap((line) =>
      matches.map((match) => ({
        title: `${line} if it matches ${match}`,
        request: writer.json(line, { yaml_content: text }, { 'if-match': match }),
        answer: stale,
      })),
    ),
    ...changing.map((line) => ({
      title: `${line} if there is none`,
      request: writer.json(line, { yaml_content: text }, { 'if-none-match': '*' }),
      answer: stale,
    })),
    ...matches.map((match) => ({
      title: `DELETE if it matches ${match}`,
      request: writer.bare('DELETE /api/v1/workflows/orders', { 'if-match': match }),
      answer: stale,
    })),
    {
      title: 'a rollback where there is one version',
      request: writer.json('POST /api/v1/workflows/orders/rollback', {}),
      answer: conflict('no version before'),
    },
    ...['9.9.9', 'v0.0.1'].map((version) => ({
      title: `a rollback to ${version}`,
      request: writer.json('POST /api/v1/workflows/orders/rollback', { version }),
      answer: { status: 404, code: 'VERSION_NOT_FOUND', names: version.replace('v', '') },
    })),
  ];
}

export function startCases(writer: Writer): BadCase[] {
  const line = 'POST /api/v1/workflows/orders/execute';
  const foreign: RightAnswer = { status: 403, code: 'FORBIDDEN', names: 'origin' };
  const origins = ['https://evil.example', 'null', 'http://localhost:1', 'file://', 'nonsense'];
  return [
    {
      title: 'a key that was used for another input',
      request: writer.json(line, { input: { another: true } }, { 'idempotency-key': 'taken' }),
      answer: { status: 409, code: 'IDEMPOTENCY_KEY_REUSED', names: 'taken' },
    },
    {
      title: 'a key that was used for another input, as an option',
      request: writer.json(line, { input: { another: 1 }, options: { idempotency_key: 'taken' } }),
      answer: { status: 409, code: 'IDEMPOTENCY_KEY_REUSED', names: 'taken' },
    },
    {
      title: 'two keys that differ',
      request: writer.json(line, { options: { idempotency_key: 'a' } }, { 'idempotency-key': 'b' }),
      answer: unfit({ code: 'FIELD_CONFLICT', pointer: '/options/idempotency_key', in: 'body' }),
    },
    ...['', 'k'.repeat(256)].map((key) => ({
      title: `a key of ${key.length} characters`,
      request: writer.json(line, {}, { 'idempotency-key': key }),
      answer: unfit({ code: 'VALUE_INVALID', pointer: '/idempotency-key', in: 'headers' } as const),
    })),
    ...['9.9.9', 'v9.9.9', '0.0.0'].map((version) => ({
      title: `version ${version} of a workflow`,
      request: writer.json(line, { options: { version } }),
      answer: { status: 404, code: 'VERSION_NOT_FOUND', names: version.replace('v', '') },
    })),
    ...origins.flatMap((origin) =>
      [line, 'POST /api/v1/tokens', 'POST /api/v1/workflows'].map((each) => ({
        title: `${each} from ${origin}`,
        request: writer.json(each, {}, { origin }),
        answer: foreign,
      })),
    ),
  ];
}

/** Workspaces that are none, or that the token does not reach; told before anything else is looked at. */
export function workspaceCases(writer: Writer): BadCase[] {
  const lines = ['GET /api/v1/workflows', 'GET /api/v1/executions', 'GET /api/v1/tokens', 'GET /metrics'];
  const header = 'x-magicflow-workspace';
  const place = { code: 'VALUE_INVALID', pointer: `/${header}`, in: 'headers' } as const;
  return lines.flatMap((line) => [
    ...['', 'Other', 'a b', '-a', '../other', 'a'.repeat(64), '__proto__', "'--"].map((name) => ({
      title: `${line} in the workspace ${name}`,
      request: writer.bare(line, { [header]: name }),
      answer: unfit(place),
    })),
    ...['other', 'nobody', 'constructor', 'a'.repeat(63)].map((name) => ({
      title: `${line} in the workspace ${name}`,
      request: writer.bare(line, { [header]: name }),
      answer: { status: 404, code: 'WORKSPACE_NOT_FOUND', names: name },
    })),
  ]);
}

/** Members that may be anything, and not that long. */
export function lengthCases(writer: Writer): BadCase[] {
  const lease = { task_id: 'exec_1/work#1/1', lease_token: 'token' };
  const beat = 'POST /api/v1/tasks/heartbeat';
  const tooLong = (pointer: string) => unfit({ code: 'VALUE_INVALID', pointer, in: 'body' } as const);
  return [
    ...['x'.repeat(4_095), 'ü'.repeat(2_048), ['x'.repeat(4_093)]].map((progress) => ({
      title: `a progress of more than 4 KiB: ${shown(progress).slice(0, 10)}`,
      request: writer.json(beat, { tasks: [lease, { ...lease, progress }] }),
      answer: tooLong('/tasks/1/progress'),
    })),
    ...['POST /api/v1/workflows', 'PUT /api/v1/workflows/orders', 'POST /api/v1/workflows/orders/versions'].map(
      (line) => ({
        title: `${line} with metadata of more than 16 KiB`,
        request: writer.json(line, { yaml_content: 'kind: Workflow', metadata: { note: 'x'.repeat(16_385) } }),
        answer: tooLong('/metadata'),
      }),
    ),
  ];
}

const cursor = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

export function pageCases(writer: Writer, { running }: Standing): BadCase[] {
  const wrongCursors = ['nonsense', 'e30', 'W10', '%F0%9F%99%82', '..', cursor([]), cursor(['a', 1]), cursor({ a: 1 })];
  const ofExecutions = [cursor([1.5, 'exec_1']), cursor([1, 'a b']), cursor([1]), cursor([1, 2])];
  const ofWorkflows = [cursor([1e9]), cursor([-1]), cursor([0.5]), cursor(['1'])];
  const place = { code: 'CURSOR_INVALID', pointer: '/cursor', in: 'query' } as const;
  const atCursor = (path: string, cursors: readonly string[]) =>
    [...new Set([...wrongCursors, ...cursors])].map((each) => ({
      title: `${path}: the cursor ${each}`,
      request: writer.bare(`GET /api/v1/${path}?cursor=${each}`),
      answer: { status: 400, code: 'CURSOR_INVALID', place },
    }));
  const tooFar = [
    ['executions?page=100000&limit=200', '/page'],
    ['workflows?page=2002&limit=50', '/page'],
    ['workflows/orders/metrics?granularity=1ms', '/granularity'],
    ['workflows/orders/metrics?granularity=999ms', '/granularity'],
    ['workflows/orders/metrics?granularity=0s', '/granularity'],
    ['workflows/orders/metrics?period=365d&granularity=1s', '/granularity'],
    ['workflows/orders/metrics?period=2001s&granularity=1s', '/granularity'],
  ] as const;
  return [
    ...atCursor('executions', ofExecutions),
    ...atCursor('workflows', ofWorkflows),
    ...tooFar.map(([path, pointer]) => ({
      title: path,
      request: writer.bare(`GET /api/v1/${path}`),
      answer: unfit({ code: 'VALUE_INVALID', pointer, in: 'query' } as const),
    })),
    ...['x', '-1', '1.5', '1e999', '9007199254740993', '0x', 'NaN'].map((id) => ({
      title: `a stream after the event ${id}`,
      request: writer.bare(`GET /api/v1/executions/${running}/stream`, { 'last-event-id': id }),
      answer: unfit({ code: 'VALUE_INVALID', pointer: '/last-event-id', in: 'headers' } as const),
    })),
  ];
}
