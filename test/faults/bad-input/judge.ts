/** Whether an answer is the right one, and whether its sentence names what is wrong. */
import type { BadCase, Place } from './bad-case.ts';
import type { WireAnswer } from './wire.ts';

export interface Verdict {
  /** What is wrong with the answer; undefined where it is right. */
  readonly wrong?: string;
  /** Whether the sentence for people says where or what. */
  readonly isNamed: boolean;
}

/** What is refused in an answer, whatever the shape of the answer is. */
interface Refused {
  readonly code: unknown;
  readonly sentence: string;
  readonly errors: readonly Told[];
}

interface Told extends Partial<Record<keyof Place | 'message' | 'severity', unknown>> {}

export function judge({ request, answer }: BadCase, given: WireAnswer): Verdict {
  const refused = refusedIn(given);
  if (refused === undefined)
    return { wrong: `${given.status} without a refusal: ${given.text.slice(0, 300)}`, isNamed: false };
  const isNamed = refused.sentence.includes(answer.names ?? lastPartOf(answer.place?.pointer ?? ''));
  const wrong = [
    ...(given.status === answer.status ? [] : [`status ${given.status}`]),
    ...(refused.code === answer.code ? [] : [`code ${String(refused.code)}`]),
    ...placesWrong(refused.errors, answer.place, answer.beside ?? []),
    ...(given.status >= 400 ? formWrong(given, request.method) : []),
  ];
  if (wrong.length === 0) return { isNamed };
  return { wrong: `${wrong.join(', ')} in ${given.text.slice(0, 400)}`, isNamed };
}

/** The one place that is expected is told once, and beside it only what may stand there. */
function placesWrong(errors: readonly Told[], place: Place | undefined, beside: readonly string[]): string[] {
  const expected = place === undefined ? [] : Object.entries(place);
  const found = errors.filter((told) => expected.every(([name, value]) => told[name as keyof Place] === value));
  if (place === undefined) return errors.length === 0 ? [] : ['places that were not expected'];
  if (found.length !== 1) return [`${found.length} times the place ${JSON.stringify(place)}`];
  const others = errors.filter((told) => told !== found[0] && !beside.includes('*'));
  return others.filter(({ code }) => !beside.includes(String(code))).map(({ code }) => `also ${String(code)}`);
}

/** What every problem looks like, whatever it is about. */
function formWrong({ headers, text, status }: WireAnswer, method: string): string[] {
  const body = JSON.parse(text) as Record<string, unknown>;
  const claims: readonly (readonly [string, boolean])[] = [
    ['content type', String(headers['content-type']).startsWith('application/problem+json')],
    ['request id', body['request_id'] === headers['x-request-id']],
    ['status inside', body['status'] === status],
    ['a sentence', String(body['detail']).length > 15],
    ['an allow header', status !== 405 || String(headers['allow']).length > 0],
    ['a challenge', status !== 401 || String(headers['www-authenticate']).startsWith('Bearer')],
    ['no stack', !/\bat .*\.ts:\d+/.test(text)],
  ];
  return claims.filter(([, holds]) => !holds).map(([name]) => `${method}: ${name} is wrong`);
}

/** A list's index says little: there the whole pointer must be told. */
function lastPartOf(pointer: string): string {
  const last = pointer.split('/').at(-1) ?? '';
  return /^\d*$/.test(last) ? pointer : last.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The refusal in an answer: a problem, the first start of a batch, the first task of a call, a diagnosis. */
function refusedIn({ text, status }: WireAnswer): Refused | undefined {
  const body = parsed(text);
  if (body === undefined) return undefined;
  if (status >= 400) {
    const errors = listOf(body['errors']);
    // The sentence tells the first problem; who reads of others reads them one by one.
    const sentence = [String(body['detail']), ...errors.slice(1).map(lineOf)].join('\n');
    return { code: body['code'], sentence, errors };
  }
  const diagnostics = listOf(body['diagnostics']);
  if (body['valid'] === false)
    return { code: body['validation_status'], sentence: diagnostics.map(lineOf).join('\n'), errors: diagnostics };
  const [started] = listOf(body['executions']) as { error?: Record<string, unknown> }[];
  if (started?.error !== undefined) {
    const { code, message, errors } = started.error;
    return { code, sentence: String(message), errors: listOf(errors) };
  }
  const [task] = [...listOf(body['results']), ...listOf(body['tasks'])] as Record<string, unknown>[];
  const isRefused = task?.['accepted'] === false || task?.['cancel_requested'] === true;
  return isRefused ? { code: task['code'], sentence: String(task['code']), errors: [] } : undefined;
}

const lineOf = ({ pointer, line, column, message }: Told): string =>
  `line ${line}, column ${column}, at ${pointer}: ${message}`;

const listOf = (value: unknown): Told[] => (Array.isArray(value) ? (value as Told[]) : []);

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
