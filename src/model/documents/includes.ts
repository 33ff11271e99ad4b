import type { Includes } from '../definition.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { type Kind, list } from '../fields/kind.ts';
import { workflowName } from '../fields/name.ts';
import { includesMax } from '../limits.ts';
import type { Call, Sink } from '../sink.ts';
import { findEntry, isList, itemSpots, type Spot } from '../yaml/tree.ts';
import { version } from './metadata.ts';

/** `includes`: other workflows, each under an alias that steps call it by, at one version for all of them. */
const written = list(
  object('an include', {
    workflow: required('workflow', workflowName, 'Its name.'),
    version: optional('version', version, 'Default: the one that is active at the deploy.'),
    as: optional('as', workflowName, 'How steps call it. Default: by its name.'),
  } satisfies Fields),
  { min: 1, max: includesMax },
);

export const includes: Kind<Includes> = {
  ...written,
  read(spot, sink) {
    const items = written.read(spot, sink);
    if (items === undefined || items.some((item) => item.workflow === undefined)) return undefined;
    reportDoubles(spot, sink);
    return Object.fromEntries(
      items.map(({ workflow = '', version: number, as = workflow }) => [
        as,
        { workflow, ...(number === undefined ? {} : { version: number }) },
      ]),
    );
  },
};

function reportDoubles(spot: Spot, sink: Sink): void {
  const seen = new Set<unknown>();
  for (const item of isList(spot) ? itemSpots(spot) : []) {
    const entry = findEntry(item, 'as') ?? findEntry(item, 'workflow');
    const name = entry?.node.kind === 'scalar' ? entry.node.value : undefined;
    if (entry && seen.has(name)) {
      sink.report('NAME_DUPLICATE', entry, `two includes are called "${name}": give one of them another name by "as"`);
    }
    seen.add(name);
  }
}

/** A step that calls an include takes the version that stands there. */
export function resolveCalls(calls: readonly Call[], known: Includes, sink: Sink): readonly Call[] {
  return calls.map((call) => {
    const include = Object.hasOwn(known, call.workflow) ? known[call.workflow] : undefined;
    if (!include) return call;
    if (call.version !== undefined) {
      const message = `"${call.workflow}" is an include, whose version stands under "includes": leave "version" out here`;
      sink.report('FIELD_CONFLICT', call.spot, message);
    }
    return { ...call, workflow: include.workflow, version: include.version };
  });
}
