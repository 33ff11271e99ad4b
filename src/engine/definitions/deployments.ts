/**
 * Deploying definitions: read, linked with their context, stored as versions. What it needs of the language is loaded
 * with the first definition that somebody brings (`versions.ts` imports this module then).
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../kit/clock.ts';
import { Fault } from '../../kit/fault.ts';
import { canonicalDefinition } from '../../model/canonical.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { belongsTo, linkContext, workflowOf } from '../../model/documents/context.ts';
import type { Parsed, ParsedContext, ParsedWorkflow } from '../../model/parse.ts';
import type { Catalog, NewVersion, StoredVersion } from '../../storage/catalog.ts';
import type { Deployed, DeployOptions, Versions } from '../engine.ts';
import { openCalls } from './calls.ts';

export interface DeploymentsDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly parse: (text: string, file: string | undefined) => Promise<Parsed>;
  readonly get: Versions['get'];
  /** Which version is active is asked for anew. */
  readonly forgetActive: () => void;
  /** Acts while nothing starts, and every start decided before is durable. */
  readonly holdStarts: <T>(act: () => Promise<T>) => Promise<T>;
  /** Whether any execution runs or ran on a workflow. */
  readonly hasExecutions: (workspace: string, workflow: string, version: string) => Promise<boolean>;
}

export function openDeployments(deps: DeploymentsDeps): Pick<Versions, 'deploy' | 'validate'> {
  const { catalog, clock, get, forgetActive } = deps;
  const calls = openCalls(catalog);

  async function parseAll(text: string, options: DeployOptions): Promise<Parsed> {
    const own = await deps.parse(text, options.file);
    if (options.context === undefined) return own;
    const beside = await deps.parse(options.context, options.file);
    return {
      ...own,
      contexts: [...own.contexts, ...beside.contexts],
      diagnostics: [...own.diagnostics, ...beside.diagnostics],
    };
  }

  async function deploy(workspace: string, text: string, options: DeployOptions = {}): Promise<Deployed> {
    const parsed = await calls.check(workspace, await parseAll(text, options));
    refuseInvalid(parsed, options);
    let deployed: Deployed | undefined;
    for (const workflow of parsed.workflows) deployed = await deployWorkflow(workspace, workflow, { parsed, options });
    for (const context of parsed.contexts) {
      if (parsed.workflows.some((workflow) => owns(workflow.name, context))) continue;
      deployed = await deployContext(workspace, context, parsed.diagnostics);
    }
    forgetActive();
    if (!deployed) {
      const hint = parsed.tests.length > 0 ? ': tests stay beside their workflow, "magicflow test" runs them' : '';
      throw new Fault('DEFINITION_INVALID', `the text holds no Workflow and no WorkflowContext${hint}`);
    }
    return deployed;
  }

  async function deployWorkflow(
    workspace: string,
    given: ParsedWorkflow,
    { parsed, options }: { parsed: Parsed; options: DeployOptions },
  ): Promise<Deployed> {
    const workflow = await calls.pin(workspace, given, parsed);
    const name = workflow.name ?? '';
    const beside = parsed.contexts.find((context) => owns(name, context));
    const waiting = beside ? undefined : await catalog.waitingContext(workspace, name);
    const waited = waiting === undefined ? undefined : (await deps.parse(waiting, undefined)).contexts[0];
    const content = await sameOrNew(workspace, workflow, beside ?? waited);
    const { description = content.description, metadata = content.metadata } = options;
    const version = { ...content, description, metadata };
    const result = await catalog.putVersion(version);
    if (result === 'conflict') throw conflict(name, version.version);
    if (waiting !== undefined) await catalog.waitingContext(workspace, name, null);
    const stored = await get(workspace, name, version.version);
    return { result, version: stored, diagnostics: parsed.diagnostics, name };
  }

  /** The same text again, after its context came on its own, is the same content: the context that is there stays. */
  async function sameOrNew(
    workspace: string,
    workflow: ParsedWorkflow,
    context: ParsedContext | undefined,
  ): Promise<NewVersion> {
    const version = newVersion(workspace, workflow, context);
    if (context) return version;
    const stored = await catalog.findVersion(workspace, version.name, version.version);
    if (stored?.contextYaml == null) return version;
    const [kept] = (await deps.parse(stored.contextYaml, undefined)).contexts;
    return newVersion(workspace, workflow, kept);
  }

  function newVersion(workspace: string, workflow: ParsedWorkflow, context: ParsedContext | undefined): NewVersion {
    const bare = workflow.definition;
    if (!bare) throw new Fault('DEFINITION_INVALID', `workflow ${workflow.name} has errors`);
    const definition = context ? linkContext(bare, context.context) : bare;
    return {
      workspace,
      name: definition.name,
      version: definition.version,
      hash: createHash('sha256').update(canonicalDefinition(definition)).digest('hex'),
      yaml: workflow.text,
      contextYaml: context?.text ?? null,
      definition: JSON.stringify(definition),
      description: definition.description ?? '',
      tags: definition.tags ?? [],
      owner: definition.owner ?? null,
      metadata: {},
      createdAt: clock.nowMs(),
    };
  }

  /** A context alone: to the latest version while that has none and no execution, else it waits for the next deploy. */
  async function deployContext(
    workspace: string,
    context: ParsedContext,
    diagnostics: readonly Diagnostic[],
  ): Promise<Deployed> {
    const names = contextNames(context);
    for (const name of names) {
      const [latest] = await catalog.listVersions(workspace, name);
      if (!latest) continue;
      forgetActive();
      const version = await deps.holdStarts(() => attach(workspace, latest, context));
      return { result: 'context', version, diagnostics, name };
    }
    const name = names.at(-1) ?? context.context.name;
    await catalog.waitingContext(workspace, name, context.text);
    return { result: 'context', version: undefined, diagnostics, name };
  }

  async function attach(workspace: string, latest: StoredVersion, context: ParsedContext): Promise<StoredVersion> {
    const [parsed] = (await deps.parse(latest.yaml, undefined)).workflows;
    if (!parsed) throw new Fault('INTERNAL', `the stored text of ${latest.name} holds no workflow`);
    const pinned = await calls.pin(workspace, parsed, { workflows: [] });
    const { description, metadata, createdAt } = latest;
    const version = { ...newVersion(workspace, pinned, context), description, metadata, createdAt };
    if (version.hash === latest.hash) return latest;
    if (latest.contextYaml !== null || (await deps.hasExecutions(workspace, latest.name, latest.version))) {
      throw conflict(latest.name, latest.version);
    }
    if (!(await catalog.replaceVersion(version, latest.hash))) throw conflict(latest.name, latest.version);
    return get(workspace, latest.name, latest.version);
  }

  return {
    deploy,
    async validate(workspace, text, options = {}) {
      return (await calls.check(workspace, await parseAll(text, options))).diagnostics;
    },
  };
}

function refuseInvalid(parsed: Parsed, options: DeployOptions): void {
  const isBlocking = (diagnostic: Diagnostic): boolean => options.strict === true || diagnostic.severity === 'error';
  const errors = parsed.diagnostics.filter(isBlocking);
  const [first] = errors;
  if (!first) return;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const at = first.pointer === '' ? '' : `, at ${first.pointer}`;
  const message = `line ${first.line}, column ${first.column}${at}: ${first.message}${more}`;
  throw new Fault('DEFINITION_INVALID', message, { detail: { errors: parsed.diagnostics } });
}

function conflict(name: string, version: string): Fault {
  const message = `version ${version} of ${name} exists with other content: raise the version in metadata.version`;
  return new Fault('VERSION_CONFLICT', message, { detail: { name, version } });
}

/** The workflow that a context may belong to: one of its own name, else the one without the suffix. */
function contextNames({ context }: ParsedContext): readonly string[] {
  return [...new Set([context.name, workflowOf(context)])];
}

function owns(workflow: string | undefined, { context }: ParsedContext): boolean {
  return workflow !== undefined && belongsTo(context, workflow);
}
