import { type Fields, type Read, readFields } from '../model/fields/field.ts';
import { indexLines } from '../model/yaml/place.ts';
import { readSource } from '../model/yaml/source.ts';
import { describe, type Entry, isMap, type Node, rootSpot, type Spot } from '../model/yaml/tree.ts';
import type { Environment } from './config.ts';
import { executorFields, metricsFields, platformFields } from './config-fields.ts';
import { type ConfigProblem, openPlainSink, type PlatformFile } from './config-problem.ts';

/**
 * Configuration files: YAML with `${VAR}` and `${VAR:-default}` in its values, read by a table of fields, every problem with
 * its place. Never throws for a text. Values that came from variables are never shown in messages of this module.
 */
export type ConfigKind = 'platform' | 'server' | 'executor' | 'metrics';

export interface Checked {
  readonly kind: ConfigKind;
  readonly problems: readonly ConfigProblem[];
}

/** Judges any of the four kinds of files. Variables that are not set here are left to the machine where it is used. */
export function checkConfig(text: string, file: string, env: Environment = {}): Checked {
  const source = openConfigSource(text, { file, env, isCheck: true });
  const kind = kindOf(source.root);
  const fields = { platform: platformFields, server: platformFields, executor: executorFields, metrics: metricsFields }[
    kind
  ];
  source.read(fields, `a ${kind} configuration`);
  return { kind, problems: source.problems() };
}

export function readPlatformFile(
  text: string,
  { file, env }: { file: string; env: Environment },
): { value: PlatformFile; problems: readonly ConfigProblem[] } {
  const source = openConfigSource(text, { file, env, isCheck: false });
  const value = source.read(platformFields, 'the configuration');
  return { value, problems: source.problems() };
}

function kindOf(root: Spot | undefined): ConfigKind {
  const keys = new Set(root && isMap(root) ? root.node.entries.map((entry) => entry.key) : []);
  if (keys.has('executor')) return 'executor';
  if (keys.has('metrics') && !keys.has('server')) return 'metrics';
  return keys.has('storage') ? 'server' : 'platform';
}

interface SourceOptions {
  readonly file: string;
  readonly env: Environment;
  /** Leaves values out whose variables are not set, instead of reporting them. */
  readonly isCheck: boolean;
}

interface ConfigSource {
  readonly root: Spot | undefined;
  read<F extends Fields>(fields: F, subject: string): Read<F>;
  problems(): readonly ConfigProblem[];
}

function openConfigSource(text: string, options: SourceOptions): ConfigSource {
  const source = readSource(text);
  const found: { code: string; message: string; offset: number }[] = [...source.problems];
  const { sink, problems } = openPlainSink(text);
  const [document, second] = source.documents;
  if (second?.root)
    found.push({
      code: 'VALUE_INVALID',
      message: 'a configuration is one document: leave "---" out',
      offset: second.root.start,
    });
  const incomplete = new Set<number>();
  const filled =
    document?.root &&
    fill(document.root, {
      ...options,
      report: (message, offset) => found.push({ code: 'VALUE_INVALID', message, offset }),
      leftOut: (from) => incomplete.add(from.start),
    });
  const root = filled && rootSpot(filled);
  const placeAt = indexLines(text);
  return {
    root,
    read(fields, subject) {
      if (root === undefined) return {} as Read<typeof fields>;
      if (isMap(root)) return readFields(fields, root, sink, subject);
      sink.report('TYPE_WRONG', root, `${subject} must be an object, it is ${describe(root.node)}`);
      return {} as Read<typeof fields>;
    },
    problems: () =>
      [
        ...found,
        ...problems
          .filter(({ code, spot }) => code !== 'FIELD_MISSING' || !incomplete.has(spot.node.start))
          .map(({ code, message, spot, offset }) => ({ code, message, offset: offset ?? spot.node.start })),
      ]
        .sort((a, b) => a.offset - b.offset)
        .map(({ code, message, offset }) => ({ code, message, file: options.file, ...placeAt(offset) })),
  };
}

const variable = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

interface Filling extends SourceOptions {
  readonly report: (message: string, offset: number) => void;
  /** A value of this object could not be known here, so nobody can say that it is missing. */
  readonly leftOut: (from: Node) => void;
}

/** The tree with its variables filled in; undefined for a value to leave out. */
function fill(node: Node, filling: Filling): Node | undefined {
  if (node.kind === 'list') return { ...node, items: node.items.flatMap((item) => fill(item, filling) ?? []) };
  if (node.kind === 'map')
    return { ...node, entries: node.entries.flatMap((entry) => fillEntry(node, entry, filling)) };
  if (typeof node.value !== 'string' || !node.value.includes('${')) return node;
  let isUnset = false;
  const value = node.value.replace(variable, (_, name: string, fallback?: string) => {
    // As in a shell, `:-` covers an empty variable too.
    const set = Object.hasOwn(filling.env, name) ? filling.env[name] : undefined;
    if (set !== undefined && (set !== '' || fallback === undefined)) return set;
    if (fallback !== undefined) return fallback;
    isUnset = true;
    if (!filling.isCheck)
      filling.report(`the variable ${name} is not set: set it, or write \${${name}:-default}`, node.start);
    return '';
  });
  return isUnset ? undefined : { ...node, value, end: node.start };
}

function fillEntry(from: Node, entry: Entry, filling: Filling): Entry[] {
  const value = fill(entry.value, filling);
  if (value !== undefined) return [{ ...entry, value }];
  filling.leftOut(from);
  return [];
}
