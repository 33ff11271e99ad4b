/**
 * Definitions by name and version, and their compiled form by content hash. The compiler is loaded with the first program
 * that is needed, deploying with the first definition: a server that waits holds neither.
 */
import type { Program } from '../../core/program.ts';
import type { Clock } from '../../kit/clock.ts';
import { Fault } from '../../kit/fault.ts';
import type { Definition } from '../../model/definition.ts';
import type { Parsed } from '../../model/parse.ts';
import type { Catalog, NewVersion, StoredVersion } from '../../storage/catalog.ts';
import type { Versions } from '../engine.ts';

export interface VersionsDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly parse: (text: string, file: string | undefined) => Promise<Parsed>;
  readonly env: (name: string) => string | undefined;
  /** Compiled, by content hash. */
  readonly programs: Map<string, Program>;
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

const loadCompiler = () => import('../../core/compile/compile-program.ts');
type Compiler = Awaited<ReturnType<typeof loadCompiler>>;

export function openVersions(deps: VersionsDeps): CompiledVersions {
  const { catalog, clock, programs } = deps;
  const active = new Map<string, { program: Program; until: number }>();
  /** While a context is being attached nothing starts: no execution may be left on the content that it replaces. */
  let attaching: Promise<unknown> = Promise.resolve();

  async function programOf(hash: string): Promise<Program> {
    const known = programs.get(hash);
    if (known) return known;
    const stored = await catalog.findByHash(hash);
    if (!stored) throw new Fault('VERSION_NOT_FOUND', `no definition with the hash ${hash} is stored`);
    return compile(await loadCompiler(), stored);
  }

  function compile({ compileProgram }: Compiler, stored: NewVersion): Program {
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
    // Before the version is looked up: what is found must not wait any more, or a context could be attached meanwhile.
    const compiler = await loadCompiler();
    await attaching;
    const program = compile(compiler, await get(workspace, name, version));
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

  async function holdStarts<T>(act: () => Promise<T>): Promise<T> {
    const done = attaching.then(() => deps.settled()).then(act);
    attaching = done.catch(() => undefined);
    return done;
  }

  const deployments = async () => {
    const { openDeployments } = await import('./deployments.ts');
    const { parse, hasExecutions } = deps;
    return openDeployments({
      catalog,
      clock,
      parse,
      hasExecutions,
      get,
      holdStarts,
      forgetActive: () => active.clear(),
    });
  };

  return {
    programOf,
    find,
    get,
    deploy: async (...given) => (await deployments()).deploy(...given),
    validate: async (...given) => (await deployments()).validate(...given),
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
