/** The filters of a list of executions, from a query string or from a body, as the store's query. */
import { type ExecutionListRequest, executionStatuses } from '../contract/executions.ts';
import { emptyObject } from '../kit/json.ts';
import { didYouMean } from '../model/suggest.ts';
import type { ViewQuery } from '../storage/views.ts';
import { decodeExecutionCursor } from './cursor.ts';
import { defined } from './defined.ts';
import { limitDefault, offsetOfPage } from './pages.ts';
import { pointerToken } from './pointer.ts';
import { refusal } from './problem.ts';
import { type Place, timeMs, versionOf } from './requests.ts';

export function viewQuery(workspace: string, query: ExecutionListRequest): ViewQuery {
  const { page, cursor, limit = limitDefault, count, ...filter } = query;
  return {
    workspace,
    limit,
    ...viewFilter(filter, { in: 'query', base: '' }),
    ...defined({
      after: cursor === undefined ? undefined : decodeExecutionCursor(cursor),
      offset: cursor === undefined && page !== undefined ? offsetOfPage(page, limit) : undefined,
      count: count === true || page !== undefined ? true : undefined,
    }),
  };
}

/** Where the filter stands in the request. */
interface FilterPlace {
  readonly in: 'query' | 'body';
  readonly base: string;
}

type FilterRequest = Omit<ExecutionListRequest, 'page' | 'cursor' | 'limit' | 'count'>;

export function viewFilter(filter: FilterRequest, place: FilterPlace): Omit<ViewQuery, 'workspace' | 'limit'> {
  const { workflow, parent, tag, search: text } = filter;
  const at = (name: string) => ({ in: place.in, pointer: `${place.base}/${name}` }) as const;
  const read = <T>(value: string | undefined, reader: (text: string) => T): T | undefined =>
    value === undefined ? undefined : reader(value);
  return defined({
    workflow,
    parent,
    tag,
    text,
    version: read(filter.version, (version) => versionOf(version, at('version'))),
    status: read(filter.status, (status) =>
      wordsIn(status, { name: 'status', known: executionStatuses }, at('status')),
    ),
    from: read(filter.from, (time) => timeMs(time, at('from'))),
    to: read(filter.to, (time) => timeMs(time, at('to'))),
    labels: allLabels(filter, place),
  });
}

/** Words of a table, separated by commas. `name` is the parameter's. */
export function wordsOf(text: string, known: readonly string[], name: string): readonly string[] {
  return wordsIn(text, { name, known }, { in: 'query', pointer: `/${name}` });
}

function wordsIn(
  text: string,
  { name, known }: { name: string; known: readonly string[] },
  place: Place,
): readonly string[] {
  return text.split(',').map((part) => {
    const word = part.trim();
    if (known.includes(word)) return word;
    const message = `there is no ${name} ${JSON.stringify(word)}${didYouMean(word, known)}`;
    throw refusal({ code: 'VALUE_INVALID', message, ...place });
  });
}

/** Of both forms together: a label that is asked for twice with two values matches nothing, and is refused. */
function allLabels(filter: FilterRequest, place: FilterPlace): Readonly<Record<string, string>> | undefined {
  const at = (name: string): Place => ({ in: place.in, pointer: `${place.base}/${pointerToken(name)}` });
  const labels = filter.labels === undefined ? emptyObject<string>() : labelsOf(filter.labels, at('labels'));
  for (const [name, value] of Object.entries(filter)) {
    if (!name.startsWith(labelPrefix)) continue;
    const label = name.slice(labelPrefix.length);
    if (Object.hasOwn(labels, label) && labels[label] !== value) {
      const message = `the label ${JSON.stringify(label)} is asked for with two values: keep one`;
      throw refusal({ code: 'FIELD_CONFLICT', message, ...at(name) });
    }
    labels[label] = String(value);
  }
  return Object.keys(labels).length === 0 ? undefined : labels;
}

const labelPrefix = 'label.';

/** `team:web,tier:gold`; a value may hold colons, a name may not. */
function labelsOf(text: string, place: Place): Record<string, string> {
  const labels = emptyObject<string>();
  for (const part of text.split(',')) {
    const colon = part.indexOf(':');
    if (colon < 1) {
      const message = 'write labels as name:value, separated by commas';
      throw refusal({ code: 'VALUE_INVALID', message, ...place });
    }
    labels[part.slice(0, colon).trim()] = part.slice(colon + 1).trim();
  }
  return labels;
}
