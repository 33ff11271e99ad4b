import { present } from '../../kit/assert.ts';
import type { RetryPolicy, StepCommon } from '../definition.ts';
import { type Read, reservedOf } from '../fields/field.ts';
import { keySpot, reportType } from '../fields/kind.ts';
import type { ReadStep, Sink, StepManner } from '../sink.ts';
import { didYouMean } from '../suggest.ts';
import { type Entry, findEntry, isMap, type MapNode, type Spot, textOf } from '../yaml/tree.ts';
import type { DraftStep, Finish, OwnDraft } from './draft.ts';
import type { CommonFields } from './step-fields.ts';
import type { StepType } from './step-type.ts';
import { findStepType, stepTypeNames, unbuildable, untypedStep } from './types.ts';

/**
 * Reads one step: its type chooses the table, the table reads the fields, and the draft keeps what the flow analysis and
 * the normal form need. A step without a usable type is still read by the common fields, so that its name is known.
 */
export const readStep: ReadStep = (written, sink, manner) => {
  const own = sink.fork();
  if (!isMap(written)) {
    reportType(written, sink, 'a step (an object with name and type)');
    return emptyDraft(written);
  }
  const spot = manner ? withDefaults(written, manner) : written;
  const type = typeOf(spot, sink);
  const read = (type ?? untypedStep).read(spot, own);
  return draftOf({ spot, sink: own, manner, type: type ?? untypedStep, ...read });
};

function typeOf(spot: Spot<MapNode>, sink: Sink): StepType | undefined {
  const entry = findEntry(spot, 'type');
  if (entry === undefined) {
    sink.report('FIELD_MISSING', spot, `the step needs "type": ${stepTypeNames.join(', ')}`);
    return undefined;
  }
  const name = textOf(entry);
  const type = name === undefined ? undefined : findStepType(name);
  // An empty text is told by the field itself.
  if (name && type === undefined) {
    sink.report('STEP_TYPE_UNKNOWN', entry, `there is no step type "${name}"${didYouMean(name, stepTypeNames)}`);
  }
  return type;
}

/** The step with the name and the type that its place gives it. */
function withDefaults(spot: Spot<MapNode>, { defaultName, defaultType }: StepManner): Spot<MapNode> {
  const { node } = spot;
  const added: Entry[] = [];
  const add = (key: string, value: string | undefined): void => {
    if (value === undefined || node.entries.some((entry) => entry.key === key)) return;
    const scalar = { kind: 'scalar', start: node.start, end: node.start, value, style: 'plain' } as const;
    added.push({ key, keyValue: key, keyStart: node.start, value: scalar });
  };
  add('name', defaultName);
  add('type', defaultType);
  return { ...spot, node: { ...node, entries: [...node.entries, ...added] } };
}

interface DraftParts {
  readonly spot: Spot<MapNode>;
  readonly sink: Sink;
  readonly manner: StepManner | undefined;
  readonly type: StepType;
  readonly common: Read<CommonFields>;
  readonly own: OwnDraft;
}

function draftOf(parts: DraftParts): DraftStep {
  const { spot, sink, common, own } = parts;
  reportDoubles(parts);
  reportIdleFields(parts);
  return {
    ...emptyDraft(spot),
    name: common.name ?? '',
    nameSpot: findEntry(spot, 'name') ?? spot,
    onSuccess: common.onSuccess,
    maxVisits: common.maxVisits,
    dependsOn: common.dependsOn ?? [],
    isHoisted: parts.manner?.isHoisted ?? false,
    lists: own.lists ?? [],
    isLoop: own.isLoop ?? false,
    stream: own.stream,
    unstreamable: unstreamableOf(parts),
    loopNames: own.loopNames ?? [],
    variables: [...Object.keys(common.set ?? {}), ...(own.variables ?? [])],
    links: sink.links,
    uses: sink.uses,
    hoisted: common.compensate?.hoisted ?? [],
    build: (finish) => buildStep(parts, finish),
  };
}

function emptyDraft(spot: Spot): DraftStep {
  return {
    name: '',
    spot,
    nameSpot: spot,
    onSuccess: undefined,
    maxVisits: undefined,
    dependsOn: [],
    isHoisted: false,
    lists: [],
    isLoop: false,
    stream: undefined,
    unstreamable: 'is no loop',
    loopNames: [],
    variables: [],
    links: [],
    uses: [],
    hoisted: [],
    build: unbuildable,
  };
}

/** An output of its own has other members than the results that a stream takes. */
function unstreamableOf({ common, own }: DraftParts): string | undefined {
  if (!own.isLoop) return 'is no loop';
  const mapping = common.output ?? common.dataMapping?.output ?? common.dataMapping?.transforms;
  return mapping === undefined ? own.unstreamable : 'has an output mapping';
}

/** `input` and `output` may stand alone or in `data_mapping`, not in both; `transforms` make the output by themselves. */
function reportDoubles({ spot, sink, common }: DraftParts): void {
  for (const member of ['input', 'output'] as const) {
    const entry = spot.node.entries.find((each) => each.key === member);
    if (entry === undefined || common.dataMapping?.[member] === undefined) continue;
    sink.report(
      'FIELD_CONFLICT',
      keySpot(spot, entry),
      `"${member}" and "data_mapping.${member}" mean the same: keep one`,
    );
  }
  const entry = findEntry(spot, 'data_mapping');
  const made = entry && findEntry(entry, 'transforms');
  if (made === undefined || (common.output ?? common.dataMapping?.output) === undefined) return;
  sink.report('FIELD_CONFLICT', made, '"transforms" and "output" both make the output: keep one');
}

/** What fields are for that only steps have which call something. */
const ofCalls: ReadonlyMap<string, string> = new Map([
  ['cache', 'keeps what calls give'],
  ['rate_limit', 'holds calls back'],
  ['concurrency', 'holds calls back'],
]);

/** What calls nothing has nothing to keep and nothing to hold back. */
function reportIdleFields({ spot, sink, type, own }: DraftParts): void {
  if (own.isCall ?? type.inheritsRetry) return;
  for (const entry of spot.node.entries) {
    const use = ofCalls.get(entry.key);
    if (use === undefined) continue;
    const message = `"${entry.key}" ${use}, and this step calls nothing: remove it`;
    sink.report('FIELD_CONFLICT', keySpot(spot, entry), message);
  }
}

function buildStep({ spot, type, common, own }: DraftParts, finish: Finish) {
  const { type: _type, dataMapping: _mapping, ...kept } = common;
  const { compensate, retry, cache, name = '', ...fields } = kept;
  const policies = mergeRetry(retry, finish.retry, type.inheritsRetry);
  const reserved = reservedOf(type.fields, spot);
  const built: StepCommon = {
    ...fields,
    ...mappingOf(common),
    name,
    handler: finish.isHandler(name),
    ...(own.when === undefined ? {} : { when: own.when }),
    ...(policies === undefined ? {} : { retry: policies }),
    ...(cache === undefined ? {} : { cache: { ...cache, ttl: present(cache.ttl, 'ttl') } }),
    ...(compensate === undefined ? {} : { compensate: compensate.names }),
    ...(reserved === undefined ? {} : { reserved }),
  };
  return own.build(built, finish);
}

function mappingOf({ dataMapping = {} }: Read<CommonFields>): Pick<StepCommon, 'input' | 'output'> {
  const { transforms, ...mapping } = dataMapping;
  return transforms === undefined ? mapping : { ...mapping, output: transforms };
}

/** Each policy of the step over the workflow's, field by field. */
function mergeRetry(
  policies: readonly RetryPolicy[] | undefined,
  base: RetryPolicy | undefined,
  inherits: boolean,
): readonly RetryPolicy[] | undefined {
  if (policies !== undefined) return policies.map((policy) => ({ ...base, ...policy }));
  return inherits && base !== undefined ? [base] : undefined;
}
