import { duration } from '../fields/duration.ts';
import { expression, template } from '../fields/expression.ts';
import { type Fields, object, optional, required, reserved } from '../fields/field.ts';
import { choice, either, integer, jsonObject, list, map, number, text } from '../fields/kind.ts';
import { stepReference } from '../fields/name.ts';
import { schema } from '../fields/schema.ts';
import { timing } from '../fields/time.ts';
import { purposes } from '../sink.ts';
import { workflowConcurrency } from '../steps/limit-kinds.ts';
import { retryPolicy } from '../steps/retry.ts';
import { timeoutAction } from '../steps/step-fields.ts';
import { stepList } from '../steps/step-list.ts';
import { isList, textOf } from '../yaml/tree.ts';
import { errorHandling } from './error-handling.ts';
import { includes } from './includes.ts';

/** What a workflow does (`spec` of kind Workflow), and what a context holds. */
const metric = object('a metric', {
  name: required('name', text, 'Its name.'),
  description: optional('description', text, 'For people.'),
  type: required('type', choice('counter', 'gauge', 'histogram', 'summary'), 'How it adds up.'),
  source: required('source', expression(purposes.metric), 'Its value.'),
  labels: optional('labels', list(text), 'What it is split by.'),
  buckets: optional('buckets', list(number({ min: -1e15, max: 1e15 }), { min: 1 }), 'Of a histogram.'),
  window: optional('window', duration(1), 'The time it looks back.'),
} satisfies Fields);

const alert = object('an alert', {
  name: required('name', text, 'Its name.'),
  description: optional('description', text, 'For people.'),
  condition: required('condition', text, 'Over names of metrics.'),
  severity: optional('severity', choice('critical', 'error', 'warning', 'info'), 'How loud.'),
  channels: optional('channels', list(text), 'Whom to tell.'),
  window: optional('window', duration(1), 'The time it looks back.'),
} satisfies Fields);

/** What the words stand for. */
const priorities = { low: 2, normal: 5, high: 7, critical: 9 } as const;

const priority = either(
  (spot) => textOf(spot) !== undefined,
  map(choice('low', 'normal', 'high', 'critical'), (word): number => priorities[word]),
  integer({ min: 0, max: 9 }),
);

const runtimeValidation = object('runtime_validation', {
  output: optional('output', choice('warn', 'fail'), 'What an output that breaks its schema does. Default warn.'),
} satisfies Fields);

const retention = object('retention', {
  completedMs: optional('completed', duration(1_000), 'How long executions that completed are kept.'),
  failedMs: optional('failed', duration(1_000), 'The same for those that ended in any other way.'),
} satisfies Fields);

const oneOrMoreObjects = either((spot) => isList(spot), list(jsonObject), jsonObject);

const schemas = {
  inputSchema: optional('input_schema', schema, 'What an input must be.'),
  outputSchema: optional('output_schema', schema, 'What the output must be.'),
} satisfies Fields;

export const contextSpec = schemas;

export const workflowSpec = {
  ...schemas,
  output: optional(
    'output',
    template(purposes.value),
    "The execution's output. Default: the completed steps' outputs, merged.",
  ),
  timeout: optional('timeout', timing(1), 'For the whole execution.'),
  timeoutAction: optional('timeout_action', timeoutAction, 'What a timeout does. Default cancel_and_cleanup.'),
  fallbackStep: optional('fallback_step', stepReference('fallback_step'), 'With `timeout_action: fallback`.'),
  fallbackResponse: optional(
    'fallback_response',
    template(purposes.value),
    'With `timeout_action: fallback`: the output instead.',
  ),
  retry: optional(['retry_policy', 'retry_config'], retryPolicy, 'For all steps; a step overrides it field by field.'),
  errorHandling: optional('error_handling', errorHandling, 'Rules over the whole workflow.'),
  runtimeValidation: optional('runtime_validation', runtimeValidation, 'How strictly outputs are checked.'),
  retention: optional('retention', retention, 'How long ended executions are kept, in place of what the server says.'),
  includes: optional('includes', includes, 'Other workflows under names of their own, each at one version.'),
  steps: required('steps', stepList, 'What the workflow does.'),
  concurrency: optional('concurrency', workflowConcurrency, 'How many executions may run at once.'),
  priority: optional(
    'priority',
    priority,
    'Which executions go first where a start does not say: 9 is first. Default 5.',
  ),
  triggers: reserved('triggers', oneOrMoreObjects, 'What starts it.'),
  metrics: reserved(
    'metrics',
    either((spot) => isList(spot), list(metric), jsonObject),
    'What is measured.',
  ),
  alerts: reserved('alerts', list(alert), 'When people are told.'),
  security: reserved('security', jsonObject, 'Who may do what.'),
} satisfies Fields;
