/**
 * Steps that the server carries out itself, as functions of this process.
 *
 * Here a step's request gets its secrets, and loses them again in what comes back: a journal holds references only, and
 * no answer or error of a service may bring a secret's value into one.
 */
import { secretMark } from '../../expression/expression.ts';
import { isObject, type Json, type JsonObject } from '../../kit/json.ts';
import { type Connector, type ConnectorCall, type Connectors, StepFailure } from '../../steps/connector.ts';
import { traceparentOf } from '../moves/trace.ts';
import type { LocalCall, Running } from './local.ts';

export type SecretOf = (workspace: string, name: string) => string | undefined;

export function connectorCalls(connectors: Connectors, secret: SecretOf): ReadonlyMap<string, LocalCall> {
  return new Map(
    Object.entries(connectors).map(([name, connector]) => [
      name,
      (input, task) => carryOut(connector, secret, { input, task }),
    ]),
  );
}

async function carryOut(connector: Connector, secret: SecretOf, { input, task }: { input: Json; task: Running }) {
  const used = new Set<string>();
  const request = mapTexts(input, (text) => resolveSecrets(text, task.workspace, { secret, used }));
  try {
    const answer = await connector.run({
      ...callOf(task, isObject(request) ? (request as JsonObject) : {}),
      hide: (value) => void used.add(value),
    });
    return used.size === 0 ? answer : mapTexts(answer, hider(used));
  } catch (error) {
    if (used.size > 0 && error instanceof Error) throw hidden(error, hider(used));
    throw error;
  }
}

function callOf(task: Running, request: JsonObject): Omit<ConnectorCall, 'hide'> {
  const { workspace, executionId, step, attempt, idempotencyKey, settings, deadlineAt, signal, lastError } = task;
  const traceparent = traceparentOf(task.traceRoot, executionId, task.dispatch.id);
  const named = { workspace, executionId, step, attempt, idempotencyKey, traceparent };
  return { ...named, settings, deadlineAt, signal, lastError, request };
}

const mark = new RegExp(`${secretMark}([^\0]+)\0`, 'g');

function resolveSecrets(
  text: string,
  workspace: string,
  { secret, used }: { secret: SecretOf; used: Set<string> },
): string {
  if (!text.includes(secretMark)) return text;
  return text.replaceAll(mark, (_, name: string) => {
    const value = secret(workspace, name);
    if (value === undefined) {
      throw new StepFailure(
        'SECRET_NOT_FOUND',
        `there is no secret "${name}": set it in the configuration under secrets`,
        {
          retryable: false,
        },
      );
    }
    used.add(value);
    return value;
  });
}

/** Secrets shorter than this are not searched for: every text would hold them. */
const hiddenLengthMin = 4;

/** The longest first: what is left of it, where a shorter one is a part of it, would be shown. */
function hider(used: ReadonlySet<string>): (text: string) => string {
  const forms = new Set([...used].filter((value) => value.length >= hiddenLengthMin).flatMap(formsOf));
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((shown, form) => shown.replaceAll(form, '***'), text);
}

/** As it is sent, and as a service may tell what it got: from an address, a form, a header, or inside a JSON text. */
function formsOf(value: string): readonly string[] {
  const inPath = encodeURI(value);
  const inQuery = inPath.replaceAll("'", '%27');
  return [value, inPath, inQuery, encodeURIComponent(value), inForm(value), base64(value), escaped(value)];
}

const inForm = (value: string): string => new URLSearchParams([['', value]]).toString().slice(1);
const base64 = (value: string): string => Buffer.from(value).toString('base64');
/** As it stands inside a JSON text that came as text. */
const escaped = (value: string): string => JSON.stringify(value).slice(1, -1);

function hidden(error: Error, hide: (text: string) => string): Error {
  const { code, details, retryable } = error as { code?: unknown; details?: Json; retryable?: unknown };
  return Object.assign(new Error(hide(error.message)), {
    code,
    retryable,
    ...(details === undefined ? {} : { details: mapTexts(details, hide) }),
  });
}

function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item: Json) => mapTexts(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, inner]) => [change(name), mapTexts(inner, change)]),
  );
}
