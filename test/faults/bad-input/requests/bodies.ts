/** The routes that take JSON, with what each member of their bodies must not be. */
import {
  choice,
  duration,
  labels,
  list,
  object,
  statuses,
  tag,
  times,
  truth,
  version,
  type WrongJson,
  whole,
  words,
} from './wrong-json.ts';

export interface JsonObjectPlace {
  /** Where the object stands in the body. */
  readonly pointer: string;
  readonly required: readonly string[];
  readonly members: Readonly<Record<string, readonly WrongJson[]>>;
}

export interface JsonRoute {
  readonly line: string;
  readonly sound: unknown;
  readonly objects: readonly JsonObjectPlace[];
  /** The route looks for flaws itself, result by result. */
  readonly judgesBody?: boolean;
}

/** What the bodies are sent to. */
export interface Addresses {
  readonly workflow: string;
  /** An execution that waits. */
  readonly execution: string;
}

const word = words(255);
const key = words(255);
const lease = { task_id: 'exec_1/work#1/1', lease_token: 'token' };
const leaseMembers = { task_id: word, lease_token: word };
const claim = {
  executor: word,
  worker_id: word,
  functions: list(word, 'charge', 1_000),
  max_tasks: whole(1, 1_000),
  wait: [...duration, { code: 'VALUE_INVALID', value: '61s' }, { code: 'VALUE_INVALID', value: '2h' }],
};
const soundClaim = { executor: 'nobody', worker_id: 'w', functions: ['charge'], max_tasks: 1, wait: '0s' };
const options = {
  version,
  timeout: duration,
  priority: whole(0, 9),
  async: truth,
  idempotency_key: key,
  tags: list(words(200), 'web', 50),
};
const definition = {
  yaml_content: words(1_048_576).filter(({ value }) => String(value).length < 1_000_000),
  context_yaml: words(1_048_576, 0).filter(({ value }) => String(value).length < 1_000_000),
  description: words(4_096, 0),
  metadata: object,
};

const resultPlaces: readonly JsonObjectPlace[] = [
  {
    pointer: '',
    required: ['results'],
    members: { results: list(object.slice(0, 3), { ...lease, status: 'completed' }, 1_000) },
  },
  {
    pointer: '/results/0',
    required: ['task_id', 'lease_token', 'status'],
    members: {
      ...leaseMembers,
      status: tag,
    },
  },
  {
    pointer: '/results/1',
    required: ['error'],
    members: { error: object },
  },
  {
    pointer: '/results/1/error',
    required: ['code', 'message'],
    members: { code: words(128), message: words(16_384, 0), retryable: truth },
  },
  { pointer: '/claim', required: ['executor', 'worker_id'], members: claim },
];

const onlyReason: readonly JsonObjectPlace[] = [{ pointer: '', required: [], members: { reason: words(1_024, 0) } }];
const nothing: readonly JsonObjectPlace[] = [{ pointer: '', required: [], members: {} }];

export function jsonRoutes({ workflow, execution }: Addresses): readonly JsonRoute[] {
  const at = `/api/v1/workflows/${workflow}`;
  const steer = (verb: string, sound: unknown, objects: readonly JsonObjectPlace[]): JsonRoute => ({
    line: `POST /api/v1/executions/${execution}/${verb}`,
    sound,
    objects,
  });
  const deploying = ['POST /api/v1/workflows', `PUT ${at}`, `POST ${at}/versions`];
  const validating = ['POST /api/v1/workflows/validate', `POST ${at}/validate`];
  return [
    {
      line: `POST ${at}/execute`,
      sound: { input: {}, metadata: {}, options: {} },
      objects: [
        { pointer: '', required: [], members: { metadata: object, options: object } },
        { pointer: '/options', required: [], members: options },
      ],
    },
    {
      line: `POST ${at}/execute-batch`,
      sound: { executions: [{ input: {} }, { input: {} }] },
      objects: [
        { pointer: '', required: ['executions'], members: { executions: list(object, {}, 1_000, 1) } },
        { pointer: '/executions/1', required: [], members: { idempotency_key: key, metadata: object } },
      ],
    },
    {
      line: 'POST /api/v1/tasks/claim',
      sound: soundClaim,
      objects: [{ pointer: '', required: ['executor', 'worker_id'], members: claim }],
    },
    {
      line: 'POST /api/v1/tasks/complete',
      sound: {
        results: [
          { ...lease, status: 'completed' },
          { ...lease, status: 'failed', error: { code: 'X', message: 'x' } },
        ],
        claim: soundClaim,
      },
      objects: resultPlaces,
      judgesBody: true,
    },
    ...['heartbeat', 'release'].map((verb) => ({
      line: `POST /api/v1/tasks/${verb}`,
      sound: { tasks: [lease, lease] },
      objects: [
        { pointer: '', required: ['tasks'], members: { tasks: list(object, lease, 1_000) } },
        { pointer: '/tasks/1', required: ['task_id', 'lease_token'], members: leaseMembers },
      ],
    })),
    {
      line: 'POST /api/v1/tokens',
      sound: { name: 'ci', role: 'viewer', expires_in: '1h' },
      objects: [
        { pointer: '', required: ['name', 'role'], members: { name: words(200), role: choice, expires_in: duration } },
      ],
    },
    ...[...deploying, ...validating].map((line) => ({
      line,
      sound: { yaml_content: 'kind: Workflow' },
      objects: [{ pointer: '', required: [], members: definition }],
    })),
    {
      line: `POST ${at}/rollback`,
      sound: {},
      objects: [{ pointer: '', required: [], members: { version: version.filter(({ value }) => value !== '') } }],
    },
    steer('cancel', {}, onlyReason),
    steer('terminate', {}, onlyReason),
    steer('pause', {}, nothing),
    steer('resume', {}, nothing),
    steer('retry', {}, nothing),
    steer('rerun', { from_step: 'pay' }, [
      {
        pointer: '',
        required: ['from_step'],
        members: { from_step: word, outputs: object, metadata: object, idempotency_key: key },
      },
    ]),
    ...['replay', 'discard'].map((verb) => ({
      line: `POST /api/v1/dead-letters/bulk/${verb}`,
      sound: { filter: { workflow: 'nobody' } },
      objects: [
        { pointer: '', required: ['filter'], members: { filter: object, dry_run: truth } },
        {
          pointer: '/filter',
          required: [],
          members: {
            execution_ids: list(words(128), 'exec_1', 1_000, 1),
            workflow: words(63, 0),
            executor: words(255, 0),
            code: words(128, 0),
            reason: choice,
            from: times,
            to: times,
          },
        },
      ],
    })),
    {
      line: 'POST /api/v1/system/retention/run',
      sound: { dry_run: true },
      objects: [{ pointer: '', required: [], members: { dry_run: truth } }],
    },
    {
      line: 'POST /api/v1/executions/bulk',
      sound: { action: 'signal', filter: { workflow: 'nobody' }, signal: { name: 'go' } },
      objects: [
        {
          pointer: '',
          required: ['action', 'filter', 'signal'],
          members: {
            action: choice,
            filter: object,
            signal: object,
            dry_run: truth,
            reason: words(1_024, 0),
            from_step: word,
            outputs: object,
          },
        },
        {
          pointer: '/filter',
          required: [],
          members: {
            execution_ids: list(words(128), 'exec_1', 1_000, 1),
            workflow: words(63, 0),
            version: version.filter(({ value }) => value !== ''),
            status: statuses,
            from: times,
            to: times,
            parent: words(128, 0),
            tag: words(200, 0),
            labels,
            search: words(200, 0),
          },
        },
        { pointer: '/signal', required: ['name'], members: { name: words(128), key } },
      ],
    },
    steer('signals/go', {}, [{ pointer: '', required: [], members: { id: key } }]),
  ];
}
