/**
 * What a deploy finds out about the workflows that steps call: those that are not there, those that lead back to the
 * workflow itself, and the versions that `includes` stand for.
 *
 * A workflow that waits for itself would call deeper and deeper until it fails: that is an error here. What is found is
 * true at the deploy; another version may be made active later, and then `CHILD_DEPTH_EXCEEDED` ends the circle.
 */
import type { ChildTarget } from '../../core/child-events.ts';
import { targetOf } from '../../core/compile/compile-child.ts';
import type { Definition, Includes } from '../../model/definition.ts';
import { type Diagnostic, type DiagnosticCode, diagnostics as severities } from '../../model/diagnostic.ts';
import type { Parsed, ParsedWorkflow, PlacedCall } from '../../model/parse.ts';
import { allSteps } from '../../model/step-lists.ts';
import type { Catalog } from '../../storage/catalog.ts';

export interface Calls {
  /** The text with what is to be said of its calls. */
  check(workspace: string, parsed: Parsed): Promise<Parsed>;
  /** Includes without a version get the one that is active now, or the one that stands in the same text. */
  pin(workspace: string, workflow: ParsedWorkflow, parsed: Pick<Parsed, 'workflows'>): Promise<ParsedWorkflow>;
}

type Find = (target: Pick<ChildTarget, 'workflow' | 'version'>) => Promise<Definition | undefined>;

export function openCalls(catalog: Pick<Catalog, 'findVersion'>): Calls {
  const findStored = async (workspace: string, name: string, version?: string): Promise<Definition | undefined> => {
    const stored = await catalog.findVersion(workspace, name, version);
    return stored && (JSON.parse(stored.definition) as Definition);
  };

  /** What will be there once the text is deployed. */
  function finder(workspace: string, { workflows }: Pick<Parsed, 'workflows'>): Find {
    const known = new Map<string, Promise<Definition | undefined>>();
    return ({ workflow, version }) => {
      const key = `${workflow}@${version ?? ''}`;
      const own = workflows.find(({ definition }) => definition && isOf(definition, { workflow, version }))?.definition;
      const found = known.get(key) ?? (own ? Promise.resolve(own) : findStored(workspace, workflow, version));
      known.set(key, found);
      return found;
    };
  }

  return {
    async check(workspace, parsed) {
      const find = finder(workspace, parsed);
      const found: Diagnostic[] = [];
      for (const { definition, calls } of parsed.workflows) {
        for (const call of definition ? calls : []) found.push(...(await judge(find, definition as Definition, call)));
      }
      if (found.length === 0) return parsed;
      const diagnostics = [...parsed.diagnostics, ...found].sort((a, b) => a.line - b.line || a.column - b.column);
      return { ...parsed, diagnostics };
    },
    async pin(workspace, workflow, parsed) {
      const { definition } = workflow;
      if (!definition?.includes) return workflow;
      const find = finder(workspace, parsed);
      // The same text again means the same versions, whatever is active by now.
      const standing = await findStored(workspace, definition.name, definition.version);
      const includes: Record<string, Includes[string]> = {};
      for (const [alias, include] of Object.entries(definition.includes)) {
        const active = standing ? standing.includes?.[alias] : await find(include);
        const version = include.version ?? active?.version;
        includes[alias] = { ...include, ...(version === undefined ? {} : { version }) };
      }
      return { ...workflow, definition: { ...definition, includes } };
    },
  };
}

function isOf(
  definition: Definition,
  { workflow, version }: { workflow: string; version?: string | undefined },
): boolean {
  return definition.name === workflow && (version === undefined || definition.version === version);
}

async function judge(find: Find, caller: Definition, call: PlacedCall): Promise<readonly Diagnostic[]> {
  const { workflow, version, isDetached } = call;
  const target = { workflow, ...(version === undefined ? {} : { version }) };
  const called = await find(target);
  if (!called) {
    const what = version === undefined ? workflow : `version ${version} of ${workflow}`;
    return [diagnostic('WORKFLOW_UNKNOWN', call, `${what} is not deployed: until it is, this step fails`)];
  }
  const way = isDetached ? undefined : await wayBack(find, { from: called, to: caller, seen: new Set() });
  if (!way) return [];
  const circle = [caller, ...way].map(({ name }) => name).join(' → ');
  const message = `"${caller.name}" waits for itself (${circle}): give one of these calls "mode: detached", or end the circle`;
  return [diagnostic('WORKFLOW_CYCLE', call, message)];
}

function diagnostic(code: DiagnosticCode, { at }: PlacedCall, message: string): Diagnostic {
  return { code, severity: severities[code], message, ...at };
}

interface Search {
  readonly from: Definition;
  readonly to: Definition;
  readonly seen: Set<string>;
}

/** The workflows on the way to the caller, over calls that are waited for; undefined where there is none. */
async function wayBack(find: Find, { from, to, seen }: Search): Promise<readonly Definition[] | undefined> {
  if (isOf(from, { workflow: to.name, version: to.version })) return [from];
  const key = `${from.name}@${from.version}`;
  if (seen.has(key)) return undefined;
  seen.add(key);
  for (const step of allSteps(from.steps)) {
    if (step.type !== 'workflow' || step.mode === 'detached') continue;
    const next = await find(targetOf(step, from.includes));
    const way = next && (await wayBack(find, { from: next, to, seen }));
    if (way) return [from, ...way];
  }
  return undefined;
}
