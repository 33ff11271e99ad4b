/** What the tables of the parser cannot say of a type: what it gives, how it fails, where more is. */
export interface AboutStep {
  /** After the type's own line; may be empty. */
  readonly more: string;
  readonly output: string;
  readonly errors: readonly (readonly [code: string, when: string])[];
  /** Of docs/guides. */
  readonly guide?: string;
}

const expressionFailed = ['EXPRESSION_FAILED', 'An expression has no value. It is not tried again.'] as const;
const outbound = [
  ['OUTBOUND_REFUSED', 'The configuration does not let the server connect there. It is not tried again.'],
  ['REQUEST_INVALID', 'What the expressions gave cannot be sent. It is not tried again.'],
] as const;
const http = [
  ['HTTP_UNREACHABLE', 'No connection, or it broke.'],
  ['HTTP_<status>', 'A status that is not expected, as in `HTTP_503`.'],
  ['RESPONSE_TOO_LARGE', 'The answer has more bytes than `outbound.max_response`.'],
] as const;

export const aboutSteps: Readonly<Record<string, AboutStep>> = {
  function: {
    more: 'An executor is your own service; it claims the tasks of its functions over HTTP, or runs in the same program.',
    output: 'What the function returned.',
    errors: [
      ['TIMEOUT', 'An attempt took longer than `timeout`.'],
      ['QUEUE_TIMEOUT', 'No executor took the task within `queue_timeout`.'],
      ['CIRCUIT_OPEN', 'The breaker of this function is open.'],
      ['DELIVERIES_EXHAUSTED', 'Five executors took the attempt and were not heard of again.'],
      ['OUTPUT_INVALID', 'The result is too large or no JSON.'],
      ['EXECUTOR_ERROR', "The function failed without a code of its own. Any other code is the function's."],
    ],
  },
  transform: {
    more: 'Either `mapping` or `script`.',
    output: 'The value of the mapping, or what the script returned.',
    errors: [
      expressionFailed,
      ['SCRIPT_ERROR', 'The script threw something; `details` has its place and what it printed.'],
      ['SCRIPT_TIMEOUT', 'The script ran longer than it may.'],
      ['SCRIPT_MEMORY', 'The script wanted more memory than it may have.'],
    ],
    guide: 'data.md',
  },
  condition: {
    more: 'The first case that holds is run; the others are not looked at. `when` is the guard of the step itself.',
    output: "The result of the list that ran: its last completed step's output. Null where none ran.",
    errors: [expressionFailed, ["its child's", 'A step inside that fails for good fails the step with the same code.']],
  },
  parallel: {
    more: '',
    output:
      "An object with the result of each branch under its name: its last completed step's output, or its own `output`.",
    errors: [["its child's", 'A branch that fails fails the step with the same code.']],
  },
  wait: {
    more: 'It costs no memory while it waits, and may wait for months.',
    output:
      'Of a signal its payload, with `take: all` or a number a list of payloads; of a time null; with `any` also which came first: `{which, payload}`.',
    errors: [expressionFailed, ['TIMEOUT', 'No signal came within `timeout`.']],
    guide: 'waiting.md',
  },
  fail: {
    more: 'The error is like any other: `on_failure`, retries of what holds it, and rules see it.',
    output: 'None.',
    errors: [['its own', 'The `code` of the step.']],
    guide: 'errors.md',
  },
  http: {
    more: 'Either `url` or `service` with `endpoint`.',
    output:
      '`{status, headers, body}`; the body as JSON where it is JSON, as a text where it is one, else as `{base64, content_type}`. With `paginate` the items of all pages.',
    errors: [
      ...http,
      ['HTTP_TIMEOUT', 'The service took longer than its configured limit.'],
      ['HTTP_REDIRECTS_EXCEEDED', 'Redirects led on and on.'],
      ['EXPECTATION_FAILED', 'The answer is not what `expect` says.'],
      ['SERVICE_UNKNOWN', 'The configuration has no such service. It is not tried again.'],
      ...outbound,
    ],
    guide: 'connectors.md',
  },
  grpc: {
    more: "The message types come from the server's reflection or from `proto`.",
    output: 'The answer as JSON; of a method that streams `{messages: […]}`.',
    errors: [
      ['GRPC_<status>', 'The status of the call, as in `GRPC_UNAVAILABLE` or `GRPC_NOT_FOUND`.'],
      ['GRPC_REQUEST_INVALID', 'The request does not fit the message type. It is not tried again.'],
      ['GRPC_METHOD_INVALID', 'There is no such method, or it takes a stream.'],
      ['MESSAGES_EXCEEDED', 'The method streamed more messages than a list may hold.'],
      ['OUTBOUND_REFUSED', 'The configuration does not let the server connect there.'],
    ],
    guide: 'grpc.md',
  },
  database: {
    more: 'Either `query` with `params`, or `operation` with `table`.',
    output: '`{rows, row_count}`; of `find_one` `{row}`; `insert_id` where MySQL made a key.',
    errors: [
      ['CONNECTION_NOT_FOUND', 'The configuration has no such database. It is not tried again.'],
      ['QUERY_INVALID', 'The text is more than one statement, or its parameters do not fit.'],
      ['ROWS_EXCEEDED', 'The result has more rows than `max_rows` of the connection.'],
      ['DB_UNREACHABLE', 'No connection, or it broke.'],
      ['DB_OUTCOME_UNKNOWN', 'The connection broke while a write was on its way.'],
    ],
    guide: 'databases.md',
  },
  publish: {
    more: 'The message is kept by the broker when the step completes; its id is the same over all retries and restarts.',
    output: '`{message_id, topic, position}`.',
    errors: [
      ['TOPIC_INVALID', 'The expression gave no name of a topic. It is not tried again.'],
      ['MESSAGE_TOO_LARGE', 'More than 1,000,000 bytes with its headers. It is not tried again.'],
      ['REQUEST_INVALID', 'The key or a header is none. It is not tried again.'],
      ['BROKER_NOT_CONFIGURED', 'The step asks for another broker than the configured one. It is not tried again.'],
      ['BROKER_FULL', 'A group of consumers does not take what is in the topic, or the disk is full.'],
      ['BROKER_UNREACHABLE', 'The broker failed.'],
    ],
    guide: 'messaging.md',
  },
  notify: {
    more: 'Connections of the configuration say how each channel is reached.',
    output: '`{channels: {<channel>: …}}`: what each said.',
    errors: [
      ['NOTIFY_FAILED', 'Of several channels some failed; `details` says which. The next try leaves out the others.'],
      ['CONNECTION_UNKNOWN', 'The configuration has no such connection. It is not tried again.'],
      ['CONNECTION_AMBIGUOUS', 'Several connections would do: name one.'],
      ['SMTP_UNREACHABLE', 'The mail server cannot be reached.'],
      ...http.slice(0, 2),
      ...outbound,
    ],
    guide: 'connectors.md',
  },
  webhook: {
    more: 'Signed as Standard Webhooks has it; the id is the same over all retries.',
    output: '`{status, headers, body}`.',
    errors: [...http, ...outbound],
    guide: 'connectors.md',
  },
  validate: {
    more: 'What each rule let pass and refused is counted, and shown in the metrics of the workflow.',
    output:
      '`{valid, checked, passed, failed, rules, errors, data}`: how many items, how each rule fared, what is wrong, and the items that are sound.',
    errors: [
      [
        'VALIDATION_FAILED',
        'Data breaks a rule of severity `error`, and `on_invalid` is `fail`. It is not tried again.',
      ],
      expressionFailed,
    ],
    guide: 'data.md',
  },
  aggregate: {
    more: '',
    output: 'An object of the statistics; with `group_by` a list of them, each with the fields of its group.',
    errors: [expressionFailed, ['LIMIT_EXCEEDED', 'More items than one step sums up. It is not tried again.']],
    guide: 'data.md',
  },
  loop: {
    more: 'One of `iterate_over`, `while` and `until`.',
    output: '`{results, succeeded, failed, errors: [{index, code, message}]}`, the results in the order of the items.',
    errors: [
      ['TOO_MANY_ITERATIONS', 'A round more than `max_iterations`. It is not tried again.'],
      expressionFailed,
      ["its child's", 'A round that fails, beyond those that are tolerated, fails the step with the same code.'],
    ],
    guide: 'loops.md',
  },
  workflow: {
    more: 'It runs as an execution of its own.',
    output: 'The output of the other execution; of `mode: detached` `{execution_id}`.',
    errors: [
      ['WORKFLOW_NOT_FOUND', 'It is not deployed.'],
      ['VERSION_NOT_FOUND', 'This version of it is not deployed.'],
      ['INPUT_INVALID', 'The input breaks its schema. It is not tried again.'],
      ['CHILD_DEPTH_EXCEEDED', 'Workflows call each other deeper than they may. It is not tried again.'],
      ['CHILD_CANCELLED', 'Somebody cancelled it.'],
      ['CHILD_FAILED', "It failed without an error of its own. Any other code is its own error's."],
    ],
    guide: 'composition.md',
  },
  human_task: {
    more: 'It is answered over HTTP, by `magicflow human-tasks`, or by a program.',
    output: '`{outcome, answer, comment, answered_by, answered_at}`.',
    errors: [['TIMEOUT', 'Nobody answered within `timeout`.'], expressionFailed],
    guide: 'waiting.md',
  },
};
