/** Deploying definitions, and their compiled form by content hash. */
import { createHash } from 'node:crypto';
import { compileProgram } from '../core/compile-program.ts';
import type { Program } from '../core/program.ts';
import type { Clock } from '../kit/clock.ts';
import { Fault } from '../kit/fault.ts';
import { canonicalDefinition } from '../model/canonical.ts';
import type { Definition } from '../model/definition.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { belongsTo, linkContext, workflowOf } from '../model/documents/context.ts';
import type { Parsed, ParsedContext, ParsedWorkflow } from '../model/parse.ts';
import type { Catalog, NewVersion, StoredVersion } from '../storage/catalog.ts';
import { openCalls } from './calls.ts';
import type { Deployed, DeployOptions, Versions } from './engine.ts';

export interface VersionsDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly parse: (text: string, file: string | undefined) => Promise<Parsed>;
  readonly env: (name: string) => string | undefined;
  /** Resolves once every start decided before is durable. */
  readonly settled: () => Promise<void>;
  /** Whether any execution runs or ran on a workflow. */
  readonly hasExecutions: (workspace: string, workflow: string, version: string) => Promise<boolean>;
}

export interface CompiledVersions extends Versions {
  programOf(hash: string): Promise<Program>;
  /** The program that a start runs on. */
  find(workspace: string, name: string, version: string | undefined): Promise<Program>;
}

/** How long the active version of a workflow may be remembered without asking the store. */
const activeMemoryMs = 1_000;

export function openVersions(deps: VersionsDeps): CompiledVersions {
  const { catalog, clock } = deps;
  const calls = openCalls(catalog);
  const programs = new Map<string, Program>();
  const active = new Map<string, { program: Program; until: number }>();
  /** While a context is being attached nothing starts: no execution may be left on the content that it replaces. */
  let attaching: Promise<unknown> = Promise.resolve();

  async function programOf(hash: string): Promise<Program> {
    const known = programs.get(hash);
    if (known) return known;
    const stored = await catalog.findByHash(hash);
    if (!stored) throw new Fault('VERSION_NOT_FOUND', `no definition with the hash ${hash} is stored`);
    return compile(stored);
  }

  function compile(stored: NewVersion): Program {
    const known = programs.get(stored.hash);
    if (known) return known;
    const program = compileProgram(JSON.parse(stored.definition) as Definition, { hash: stored.hash, env: deps.env });
    programs.set(stored.hash, program);
    return program;
  }

  async function find(workspace: string, name: string, version: string | undefined): Promise<Program> {
    const key = `${workspace}\n${name}\n${version ?? ''}`;
    const known = active.get(key);
    if (known && known.until > clock.monotonicMs()) return known.program;
    await attaching;
    const program = compile(await get(workspace, name, version));
    active.set(key, { program, until: clock.monotonicMs() + activeMemoryMs });
    return program;
  }

  async function get(workspace: string, name: string, version?: string): Promise<StoredVersion> {
    const number = version?.replace(/^v/, '');
    const stored = await catalog.findVersion(workspace, name, number);
    if (stored) return stored;
    if (number !== undefined && (await catalog.findWorkflow(workspace, name))) {
      throw new Fault('VERSION_NOT_FOUND', `workflow ${name} has no version ${number}`);
    }
    throw new Fault('WORKFLOW_NOT_FOUND', `there is no workflow ${name}: deploy it first`);
  }

  async function parseAll(text: string, options: DeployOptions): Promise<Parsed> {
    const own = await deps.parse(text, options.file);
    if (options.context === undefined) return own;
    const beside = await deps.parse(options.context, options.file);
    return {
      workflows: own.workflows,
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
    active.clear();
    if (!deployed) throw new Fault('DEFINITION_INVALID', 'the text holds no Workflow and no WorkflowContext');
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
      active.clear();
      const version = await holdStarts(() => attach(workspace, latest, context));
      return { result: 'context', version, diagnostics, name };
    }
    const name = names.at(-1) ?? context.context.name;
    await catalog.waitingContext(workspace, name, context.text);
    return { result: 'context', version: undefined, diagnostics, name };
  }

  async function holdStarts<T>(act: () => Promise<T>): Promise<T> {
    const done = attaching.then(() => deps.settled()).then(act);
    attaching = done.catch(() => undefined);
    return done;
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
    programOf,
    find,
    get,
    deploy,
    async validate(workspace, text, options = {}) {
      return (await calls.check(workspace, await parseAll(text, options))).diagnostics;
    },
    list: (query) => catalog.listWorkflows(query),
    async history(workspace, name) {
      const versions = await catalog.listVersions(workspace, name);
      if (versions.length === 0) throw new Fault('WORKFLOW_NOT_FOUND', `there is no workflow ${name}`);
      return versions;
    },
    async activate(workspace, name, version) {
      const stored = await get(workspace, name, version);
      await catalog.activate(workspace, name, stored.version, clock.nowMs());
      active.clear();
      return get(workspace, name, stored.version);
    },
    async remove(workspace, name) {
      const wasThere = await catalog.removeWorkflow(workspace, name, clock.nowMs());
      active.clear();
      if (!wasThere) throw new Fault('WORKFLOW_NOT_FOUND', `there is no workflow ${name}`);
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
