/** The query string of a list of executions, as the store's query. */
import { type ExecutionListRequest, executionStatuses } from '../contract/executions.ts';
import { emptyObject } from '../kit/json.ts';
import { didYouMean } from '../model/suggest.ts';
import type { ViewQuery } from '../storage/views.ts';
import { decodeExecutionCursor } from './cursor.ts';
import { defined } from './defined.ts';
import { limitDefault, offsetOfPage } from './pages.ts';
import { refusal } from './problem.ts';
import { timeMs, versionOf } from './requests.ts';

export function viewQuery(workspace: string, query: ExecutionListRequest): ViewQuery {
  const { workflow, parent, tag, search: text, page, cursor, limit = limitDefault, count } = query;
  const at = (name: string) => ({ in: 'query', pointer: `/${name}` }) as const;
  const read = <T>(value: string | undefined, reader: (text: string) => T): T | undefined =>
    value === undefined ? undefined : reader(value);
  return {
    workspace,
    limit,
    ...defined({
      workflow,
      parent,
      tag,
      text,
      version: read(query.version, (version) => versionOf(version, at('version'))),
      status: read(query.status, (status) => wordsOf(status, executionStatuses, 'status')),
      from: read(query.from, (time) => timeMs(time, at('from'))),
      to: read(query.to, (time) => timeMs(time, at('to'))),
      labels: read(query.labels, labelsOf),
      after: read(cursor, decodeExecutionCursor),
      offset: cursor === undefined && page !== undefined ? offsetOfPage(page, limit) : undefined,
      count: count === true || page !== undefined ? true : undefined,
    }),
  };
}

/** Words of a table, separated by commas. `name` is the parameter's. */
export function wordsOf(text: string, known: readonly string[], name: string): readonly string[] {
  return text.split(',').map((part) => {
    const word = part.trim();
    if (known.includes(word)) return word;
    const message = `there is no ${name} ${JSON.stringify(word)}${didYouMean(word, known)}`;
    throw refusal({ code: 'VALUE_INVALID', message, pointer: `/${name}`, in: 'query' });
  });
}

/** `team:web,tier:gold`; a value may hold colons, a name may not. */
function labelsOf(text: string): Readonly<Record<string, string>> {
  const labels = emptyObject<string>();
  for (const part of text.split(',')) {
    const colon = part.indexOf(':');
    if (colon < 1) {
      const message = 'write labels as name:value, separated by commas';
      throw refusal({ code: 'VALUE_INVALID', message, pointer: '/labels', in: 'query' });
    }
    labels[part.slice(0, colon).trim()] = part.slice(colon + 1).trim();
  }
  return labels;
}
