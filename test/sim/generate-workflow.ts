/**
 * Workflows nobody would write and everybody might: every type of step that runs, with every field that changes where
 * the flow goes. Written as documents (JSON is YAML), so that they pass through the same reader as a user's.
 */
import type { Json, JsonObject } from '../../src/kit/json.ts';
import type { Dice } from './dice.ts';
import { workflowLimit } from './generate-limits.ts';
import { type Draft, foldedLoop, makeList, openDraft } from './generate-steps.ts';

export interface WorkflowName {
  readonly name: string;
  readonly version: string;
  /** Workflows that its steps may call. */
  readonly callees: readonly string[];
}

/** The text of one document. `isShort`: none of thousands of events. `isSmall`: a few steps, for others to call. */
export function generateWorkflow(
  dice: Dice,
  { name, version, callees }: WorkflowName,
  { isShort = false, isSmall = false } = {},
): string {
  const draft = openDraft(dice, callees);
  const steps = dice.chance(0.03)
    ? longLoop(dice)
    : !isShort && dice.chance(0.008)
      ? foldedLoop(draft)
      : makeList(draft, isSmall ? { depth: 1, count: dice.int(1, 3) } : { depth: 0, count: dice.int(2, 6) });
  const fields = specFields(draft);
  const limit = workflowLimit(dice, isSmall);
  const spec = { ...fields, ...limit, ...(isSmall ? deadLetterPolicy(dice, fields) : {}), steps };
  return JSON.stringify({
    apiVersion: 'workflow.magic-flow.io/v2',
    kind: 'Workflow',
    metadata: { name, version },
    spec,
  });
}

/** Hundreds of events in one execution: moves that are continued, and snapshots. */
function longLoop(dice: Dice): JsonObject[] {
  const rest = { name: 'rest', type: 'wait', duration: '20ms', on_success: 'turn' };
  const turn = { name: 'turn', type: 'transform', mapping: { n: '$.input.k1' }, max_visits: 130 };
  const again = { name: 'again', type: 'transform', mapping: { n: 1 }, on_success: 'turn', max_visits: 600 };
  return dice.chance(0.3) ? [{ ...turn, max_visits: 600 }, again] : [turn, rest];
}

function specFields(draft: Draft): JsonObject {
  const { dice } = draft;
  const spec: Record<string, Json> = {};
  if (dice.chance(0.25)) {
    spec['timeout'] = `${dice.int(8, 60)}s`;
    spec['timeout_action'] = dice.pick(['cancel_and_cleanup', 'retry', 'fallback', 'ignore']);
    if (spec['timeout_action'] === 'fallback') spec['fallback_response'] = { instead: '$.input.k1' };
  }
  // Without one a run is not retried by its timeout.
  if (dice.chance(spec['timeout_action'] === 'retry' ? 0.9 : 0.3))
    spec['retry_policy'] = { max_attempts: dice.int(1, 3), initial_delay: '500ms' };
  if (dice.chance(0.2)) spec['output'] = { of: '$.input.k2', all: '$.previous' };
  if (dice.chance(0.1)) spec['output_schema'] = { type: 'object', properties: { n: { type: 'string' } } };
  if (dice.chance(0.1)) spec['runtime_validation'] = { output: 'fail' };
  if (dice.chance(0.4)) spec['error_handling'] = errorHandling(draft);
  return spec;
}

/** Many of those that others call ask for dead letters: which is none of theirs where somebody waits for them. */
function deadLetterPolicy(dice: Dice, { error_handling: rules = [] }: JsonObject): JsonObject {
  if (!dice.chance(0.3) || !Array.isArray(rules)) return {};
  return { error_handling: { rules, dead_letter: { owner: 'ada' } } };
}

function errorHandling(draft: Draft): Json {
  const { dice } = draft;
  const rules = Array.from({ length: dice.int(1, 3) }, () => ({
    condition: dice.pick([
      '$.error.code == "E1"',
      '$.error.code == "TIMEOUT"',
      '$.error != null',
      `$.input.k3 > 7 && $.error == null`,
    ]),
    action: makeAction(draft),
  }));
  if (dice.chance(0.6) || draft.rootNames.length === 0) return rules;
  if (dice.chance(0.3)) return { rules: rules.slice(1), dead_letter: { owner: 'ada' } };
  return { rules, compensation: [dice.pick(draft.rootNames)] };
}

function makeAction(draft: Draft): Json {
  const { dice } = draft;
  const choices: Json[] = [
    { type: 'return_error', message: 'no ${input.k1}', details: { k: '$.input.k2' } },
    'compensate',
    'retry',
    'ignore',
    { type: 'fail', code: 'REFUSED' },
    'dead_letter',
    { type: 'compensate', steps: [{ name: draft.freshName(), executor: 'alpha', function: 'f' }] },
  ];
  if (draft.rootNames.length > 0) choices.push({ type: 'goto', step: dice.pick(draft.rootNames) });
  return dice.pick(choices);
}
