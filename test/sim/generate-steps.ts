/** Lists of steps at random: sequences and graphs, with handlers behind the steps that name them. */
import type { Json, JsonObject } from '../../src/kit/json.ts';
import type { Dice } from './dice.ts';
import { externalFields } from './generate-external.ts';
import { limitFields } from './generate-limits.ts';
import { longStream, streamPair } from './generate-streams.ts';
import { humanFields, waitFields } from './generate-waits.ts';

type Fields = Record<string, Json>;

export interface Draft {
  readonly dice: Dice;
  /** Names of the flowing steps of the workflow's own list. */
  readonly rootNames: string[];
  /** Variables that some step sets. */
  readonly variables: string[];
  /** Workflows that steps may call. */
  readonly callees: readonly string[];
  freshName(): string;
}

export function openDraft(dice: Dice, callees: readonly string[]): Draft {
  let count = 0;
  return {
    dice,
    rootNames: [],
    variables: [],
    callees,
    freshName() {
      count += 1;
      return `s${count}`;
    },
  };
}

interface Place {
  readonly depth: number;
  readonly count: number;
}

const depthMax = 2;

export function makeList(draft: Draft, { depth, count }: Place): JsonObject[] {
  const { dice } = draft;
  const isGraph = count > 1 && dice.chance(0.25);
  const handlers: Fields[] = [];
  const steps: Fields[] = [];
  for (let index = 0; index < count; index += 1) {
    const step = makeStep(draft, depth);
    const name = String(step['name']);
    if (isGraph) addDependencies(draft, step, steps, index === count - 1);
    else if (dice.chance(0.15)) step['when'] = guard(draft);
    if (step['type'] === 'human_task' && step['timeout'] !== undefined && dice.chance(0.6)) {
      step['on_timeout'] = addHandler(draft, handlers);
    }
    if (dice.chance(0.2)) step['on_failure'] = failureTarget(draft, { steps, handlers, isGraph });
    if (dice.chance(0.1) && handlers.length < 3) {
      step['fallback_step'] = addHandler(draft, handlers);
    }
    if (dice.chance(0.2)) step['compensate'] = compensation(draft, name);
    if (depth === 0) draft.rootNames.push(name);
    steps.push(step);
  }
  if (isGraph && depth < depthMax && dice.chance(0.4)) {
    const makeSteps = (): JsonObject[] => makeList(draft, { depth: depthMax, count: 1 });
    steps.push(...streamPair({ dice, freshName: draft.freshName, makeSteps }));
  }
  if (!isGraph) addJumps(draft, steps, handlers);
  return [...steps, ...handlers];
}

function addDependencies(draft: Draft, step: Fields, before: readonly Fields[], isLast: boolean): void {
  const { dice } = draft;
  const names = before.map((each) => String(each['name'])).filter(() => dice.chance(0.5));
  const [first] = before;
  // The last one waits for somebody, so that the list is a graph at all.
  if (isLast && names.length === 0 && first) names.push(String(first['name']));
  if (names.length > 0) step['depends_on'] = names;
}

function failureTarget(
  draft: Draft,
  { steps, handlers, isGraph }: { steps: readonly Fields[]; handlers: Fields[]; isGraph: boolean },
): string {
  const { dice } = draft;
  if (dice.chance(0.08)) return 'nowhere';
  const earlier = steps.at(-1);
  if (!isGraph && earlier && dice.chance(0.25)) {
    earlier['max_visits'] ??= dice.int(2, 4);
    return String(earlier['name']);
  }
  return addHandler(draft, handlers);
}

function addHandler(draft: Draft, handlers: Fields[]): string {
  const handler = draft.dice.chance(0.3) ? transform(draft) : call(draft);
  handlers.push(handler);
  return String(handler['name']);
}

function compensation(draft: Draft, name: string): Json {
  const { dice } = draft;
  const undo = { name: `${name}-undo`, executor: dice.pick(['alpha', 'inside']), function: dice.pick(['f', 'g']) };
  if (dice.chance(0.3)) return { ...undo, retry_config: { max_attempts: 2, initial_delay: '200ms' } };
  return dice.chance(0.3) ? [undo, { ...undo, name: `${name}-undo-2` }] : undo;
}

/** Ways that leave the order of the list: forward, back with a bound, or out of it. */
function addJumps(draft: Draft, steps: readonly Fields[], handlers: readonly Fields[]): void {
  const { dice } = draft;
  const flowing = steps.map((step) => String(step['name']));
  for (const handler of handlers) if (dice.chance(0.4)) handler['on_success'] = dice.pick([...flowing, 'end']);
  const from = steps.at(-1);
  const to = steps.at(-2);
  if (from && to && dice.chance(0.08)) {
    from['on_success'] = String(to['name']);
    to['max_visits'] = dice.int(2, 4);
  }
  for (const step of [...steps, ...handlers]) step['max_visits'] ??= 6;
}

const guard = ({ dice }: Draft): string => `$.input.k${dice.int(1, 4)} ${dice.pick(['>', '<'])} ${dice.int(1, 8)}`;

function makeStep(draft: Draft, depth: number): Fields {
  const { dice } = draft;
  const kind = dice.int(1, 100);
  if (depth < depthMax && kind <= 12) return parallel(draft, depth);
  if (depth < depthMax && kind <= 22) return condition(draft, depth);
  if (depth < depthMax && kind <= 28) return loop(draft, depth);
  if (kind === 33) return validate(draft);
  if (kind === 34) return aggregate(draft);
  if (kind <= 36) return transform(draft);
  if (kind <= 46) return wait(draft);
  if (kind <= 49)
    return { name: draft.freshName(), type: 'fail', code: dice.pick(['E1', 'E2']), message: 'on purpose' };
  if (kind <= 53) return humanTask(draft);
  if (kind <= 58 && draft.callees.length > 0) return workflow(draft);
  if (kind <= 68) return external(draft);
  return call(draft);
}

/** Some of these call a workflow or a version that is not there. */
function workflow(draft: Draft): Fields {
  const { dice } = draft;
  const name = draft.freshName();
  const called = dice.chance(0.05) ? 'nowhere' : dice.pick(draft.callees);
  const step: Fields = { name, type: 'workflow', workflow: called };
  if (dice.chance(0.05)) step['version'] = '99.0.0';
  if (dice.chance(0.2)) step['mode'] = 'detached';
  if (dice.chance(0.25)) step['on_parent_cancel'] = 'abandon';
  if (dice.chance(0.3)) step['input'] = { k1: '$.input.k2', k2: dice.int(0, 9), k3: 5, k4: '$.input.k1' };
  if (dice.chance(0.15)) step['output'] = { n: '$.response.n', by: 'mapping' };
  if (dice.chance(0.3)) step['retry_config'] = retry(draft);
  if (dice.chance(0.35)) addTimeout(draft, step);
  if (dice.chance(0.1)) step['fallback_response'] = { n: 7, instead: true };
  return step;
}

function humanTask(draft: Draft): Fields {
  const { dice } = draft;
  const step: Fields = { name: draft.freshName(), type: 'human_task', ...humanFields(dice) };
  if (dice.chance(0.5)) addTimeout(draft, step);
  if (dice.chance(0.15)) step['retry_config'] = retry(draft);
  if (dice.chance(0.1)) step['fallback_response'] = { n: 7, instead: true };
  return step;
}

function external(draft: Draft): Fields {
  const { dice } = draft;
  const step: Fields = { name: draft.freshName(), ...externalFields(dice) };
  if (dice.chance(0.15)) step['output'] = { n: '$.response.n', by: 'mapping' };
  if (dice.chance(0.3)) step['retry_config'] = retry(draft);
  if (dice.chance(0.35)) addTimeout(draft, step);
  if (dice.chance(0.1)) step['fallback_response'] = { n: 7, instead: true };
  return step;
}

function call(draft: Draft): Fields {
  const { dice } = draft;
  const name = draft.freshName();
  const step: Fields = {
    name,
    type: 'function',
    executor: dice.pick(['alpha', 'alpha', 'beta', 'inside']),
    function: dice.pick(['f', 'g']),
  };
  if (step['executor'] === 'beta' && step['function'] === 'g') step['circuit_breaker'] = breaker;
  if (dice.chance(0.3)) step['input'] = { k: '$.input.k1', tag: 'x-${input.k2}', vars: dice.pick(readable(draft)) };
  if (dice.chance(0.15)) step['output'] = { n: '$.response.n', by: 'mapping' };
  if (dice.chance(0.15)) {
    draft.variables.push(`v-${name}`);
    step['set'] = { [`v-${name}`]: '$.input.k2' };
  }
  if (dice.chance(0.35)) step['retry_config'] = retry(draft);
  if (dice.chance(0.3)) addTimeout(draft, step);
  if (dice.chance(0.1)) step['queue_timeout'] = `${dice.int(2, 20)}s`;
  if (dice.chance(0.15)) step['heartbeat_timeout'] = `${dice.int(2, 8)}s`;
  if (dice.chance(0.1)) step['fallback_response'] = { n: 7, instead: true };
  if (dice.chance(0.1)) step['idempotency_key'] = `key-${name}-\${execution.id}`;
  return Object.assign(step, limitFields(dice), cacheFields(dice));
}

function cacheFields(dice: Dice): Fields {
  if (!dice.chance(0.12)) return {};
  const ttl = `${dice.int(2, 40)}s`;
  return { cache: dice.chance(0.6) ? { ttl, key: dice.pick(['one', '$.input.k1']) } : { ttl } };
}

/** One for all steps that call this function, as all of them share it. */
export const breaker = { failure_threshold: 3, window: '10m', recovery_timeout: '8s', half_open_max_calls: 1 };

const readable = ({ variables }: Draft): string[] => ['$.input.k3', ...variables.map((name) => `$.vars.${name}`)];

function retry(draft: Draft): Json {
  const { dice } = draft;
  const policy: Fields = {
    max_attempts: dice.int(2, 4),
    backoff: dice.pick(['fixed', 'linear', 'exponential']),
    initial_delay: `${dice.int(1, 20) * 100}ms`,
    max_delay: '5s',
  };
  if (dice.chance(0.3)) policy['jitter'] = false;
  if (dice.chance(0.2)) policy['retry_on'] = dice.pick([['E1'], ['E*', 'TIMEOUT'], ['$.error.code == "E2"']]);
  if (dice.chance(0.1)) policy['give_up_on'] = ['E2'];
  return dice.chance(0.15)
    ? [
        { ...policy, retry_on: ['E1'] },
        { max_attempts: 2, initial_delay: '300ms' },
      ]
    : policy;
}

function addTimeout(draft: Draft, step: Fields): void {
  const { dice } = draft;
  step['timeout'] = `${dice.int(1, 12)}s`;
  if (dice.chance(0.4)) return;
  step['timeout_action'] = dice.pick(['cancel_and_cleanup', 'retry', 'fallback', 'ignore']);
  if (step['timeout_action'] === 'fallback' && dice.chance(0.7)) step['fallback_response'] = { n: 5 };
}

function transform(draft: Draft): Fields {
  const { dice } = draft;
  const broken = dice.chance(0.05) ? { bad: '${parse_json("{")}' } : {};
  return {
    name: draft.freshName(),
    type: 'transform',
    mapping: { n: `$.input.k${dice.int(1, 4)}`, at: '${now()}', dice: '${uuid()}', ...broken },
  };
}

/** Sometimes passes, sometimes fails, sometimes lets what is wrong pass. */
function validate(draft: Draft): Fields {
  const { dice } = draft;
  return {
    name: draft.freshName(),
    type: 'validate',
    data: ['$.input.k1', '$.input.k2', '$.input.k1'],
    rules: [
      { name: 'low', condition: `$.item < ${dice.int(3, 9)}` },
      { name: 'spread', condition: '$.item != $.index', severity: 'warning', message: 'no ${item}' },
    ],
    on_invalid: dice.pick(['fail', 'continue']),
  };
}

function aggregate(draft: Draft): Fields {
  return {
    name: draft.freshName(),
    type: 'aggregate',
    items: ['$.input.k1', '$.input.k2', '$.input.k3'],
    statistics: { n: { function: 'sum' }, middle: { function: 'median' }, all: { function: 'list' } },
  };
}

function wait(draft: Draft): Fields {
  const { dice } = draft;
  const step: Fields = { name: draft.freshName(), type: 'wait', ...waitFields(dice) };
  if (step['duration'] === undefined && dice.chance(0.6)) addTimeout(draft, step);
  return step;
}

function condition(draft: Draft, depth: number): Fields {
  const { dice } = draft;
  const step: Fields = {
    name: draft.freshName(),
    type: 'condition',
    condition: guard(draft),
    ['then']: makeList(draft, { depth: depth + 1, count: dice.int(1, 2) }),
  };
  if (dice.chance(0.6)) step['else'] = makeList(draft, { depth: depth + 1, count: dice.int(1, 2) });
  if (dice.chance(0.1)) step['retry_config'] = retry(draft);
  if (dice.chance(0.15)) addTimeout(draft, step);
  return step;
}

function parallel(draft: Draft, depth: number): Fields {
  const { dice } = draft;
  const count = dice.int(2, 3);
  const step: Fields = {
    name: draft.freshName(),
    type: 'parallel',
    branches: Array.from({ length: count }, (_, index) => ({
      name: `b${index}`,
      steps: makeList(draft, { depth: depth + 1, count: dice.int(1, 2) }),
      ...(dice.chance(0.2) ? { output: { of: index } } : {}),
    })),
    fail_fast: dice.chance(0.6),
    wait_for: dice.pick(['all', 'all', 'any', count - 1]),
  };
  if (dice.chance(0.15)) step['retry_config'] = retry(draft);
  if (dice.chance(0.2)) addTimeout(draft, step);
  return step;
}

function loop(draft: Draft, depth: number): Fields {
  const { dice } = draft;
  const name = draft.freshName();
  const steps = makeList(draft, { depth: depth + 1, count: dice.int(1, 2) });
  const step: Fields = { name, type: 'loop', steps };
  if (dice.chance(0.25)) countRounds(draft, { step, steps });
  else step['iterate_over'] = JSON.stringify(Array.from({ length: dice.int(0, 5) }, (_, index) => index));
  if (step['iterate_over'] !== undefined && dice.chance(0.5)) {
    step['parallel'] = true;
    if (dice.chance(0.7)) step['batch_size'] = dice.int(1, 3);
  }
  if (dice.chance(0.4)) step['on_item_error'] = 'continue';
  if (step['on_item_error'] && dice.chance(0.5))
    step['tolerated_failures'] = dice.pick(step['iterate_over'] === undefined ? [0, 1] : [0, 1, '50%']);
  if (dice.chance(0.1)) step['retry_config'] = retry(draft);
  if (dice.chance(0.15)) addTimeout(draft, step);
  return step;
}

/** Until a variable that its own steps raise has the value; where they fail before, until there are too many rounds. */
function countRounds({ dice, freshName }: Draft, { step, steps }: { step: Fields; steps: JsonObject[] }): void {
  const variable = `i-${String(step['name'])}`;
  const raise = { name: freshName(), type: 'transform', mapping: `\${vars.${variable} + 1}` };
  steps.push({ ...raise, set: { [variable]: `$.${raise.name}` } });
  step['variables'] = { [variable]: 0 };
  step['max_iterations'] = dice.int(3, 6);
  if (dice.chance(0.5)) step['while'] = `$.vars.${variable} < ${dice.int(1, 4)}`;
  else step['until'] = `$.vars.${variable} >= ${dice.int(1, 4)}`;
}

/** Enough rounds for some to be folded. */
export function foldedLoop({ dice, freshName }: Draft): JsonObject[] {
  if (dice.chance(0.5)) return longStream({ dice, freshName });
  const work = { name: freshName(), type: 'transform', mapping: { n: '$.item' } };
  const pause = { name: freshName(), type: 'wait', duration: '30ms', when: '$.item % 97 == 5' };
  const each = { name: freshName(), type: 'loop', iterate_over: 'range(1150)', parallel: true, steps: [work, pause] };
  const after = { name: freshName(), type: 'function', executor: 'alpha', function: 'f' };
  return [{ ...each, batch_size: dice.int(40, 200) }, after];
}
