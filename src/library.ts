/**
 * The engine inside a program: the same journal, no server, functions called in this process.
 *
 * ```ts
 * const engine = await openEngine({ storage: 'sqlite:./data' });
 * engine.executor('user-service').register('validateUserData', async (input) => ({ valid: true }));
 * await engine.deploy(yamlText);
 * const ended = await engine.execute('user-onboarding', input);
 * await engine.close();
 * ```
 */
import type { Delivery, Redelivery, Subscription } from './broker/broker.ts';
import { brokerOnDemand } from './broker/drivers.ts';
import { openCache } from './cache/drivers.ts';
import type { StepError } from './core/errors.ts';
import { statusOf } from './core/state.ts';
import { parseBeside } from './engine/definitions/parse-beside.ts';
import type { Engine, LocalFunction, Operation } from './engine/engine.ts';
import { openEngineOver } from './engine/open-engine.ts';
import { systemClock } from './kit/clock.ts';
import type { Json, JsonObject } from './kit/json.ts';
import { systemRandom } from './kit/random.ts';
import type { Connections } from './steps/connections.ts';
import { openConnectors } from './steps/connectors.ts';
import type { OutboundRules } from './steps/outbound-rules.ts';
import type { Services } from './steps/services.ts';
import { folderOf, openStore } from './storage/drivers.ts';
import { openStoreClock } from './storage/store-clock.ts';

export type { Subscription } from './broker/broker.ts';
export type { LocalFunction, LocalTask } from './engine/engine.ts';
export { Fault } from './kit/fault.ts';
export type { Connections } from './steps/connections.ts';
export type { OutboundRules } from './steps/outbound-rules.ts';
export type { Services } from './steps/services.ts';

export interface LibraryOptions {
  /** `sqlite:<folder>` or `memory:`. */
  readonly storage: string;
  /** Default `default`. */
  readonly workspace?: string;
  /** Names of environment variables that definitions may read by `env()`. */
  readonly env?: readonly string[];
  /** Values of `${secrets.<name>}`. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Where steps may connect to. Default: the public internet. */
  readonly outbound?: OutboundRules;
  /** HTTP services that steps call by name. */
  readonly services?: Services;
  /** What else steps reach by name. */
  readonly connections?: Connections;
  /** Where SQLite files of connections lie. Default `./databases`. */
  readonly databasesFolder?: string;
}

export interface StartOptions {
  readonly idempotencyKey?: string;
  readonly version?: string;
  readonly metadata?: JsonObject;
  readonly timeoutMs?: number;
}

export interface Ended {
  readonly execution_id: string;
  readonly status: string;
  readonly output: Json;
  readonly error: StepError | undefined;
}

export interface LibraryEngine {
  executor(name: string): { register(functionName: string, run: LocalFunction): void };
  /** Rejects with DEFINITION_INVALID or VERSION_CONFLICT. */
  deploy(text: string): Promise<{ name: string; version: string | undefined }>;
  /** Durable once it resolves. */
  start(workflow: string, input: unknown, options?: StartOptions): Promise<{ execution_id: string; status: string }>;
  /** Starts and waits for the end, whatever it is. */
  execute(workflow: string, input: unknown, options?: StartOptions): Promise<Ended>;
  result(executionId: string, options?: { timeoutMs?: number }): Promise<Ended | undefined>;
  operate(executionId: string, operation: Operation): Promise<{ status: string }>;
  /**
   * Takes what `publish` steps put into a topic, from now on. A message is settled when `take` resolves, and comes again,
   * later, when it rejects; messages of one key come in their order. Each goes to one subscription of a group.
   */
  subscribe(
    topic: string,
    take: (message: TakenMessage) => Promise<void>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
  /** The whole engine, for what is not here. */
  readonly engine: Engine;
  close(): Promise<void>;
}

export interface SubscribeOptions {
  /** Default `default`. A group lasts: what comes while nobody subscribes to it is kept for it. */
  readonly group?: string;
  /** Messages that are being taken at once. Default 16. */
  readonly inHandMax?: number;
  /** Default: 10 attempts, the second after 500 ms, then twice as long each time up to a minute. */
  readonly redelivery?: Partial<Redelivery>;
}

export interface TakenMessage {
  readonly topic: string;
  /** The same however often the message comes. */
  readonly message_id: string;
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** What was sent: a CloudEvent as JSON, unless the step says `format: raw`. */
  readonly body: string;
  readonly position: string;
  /** Counts from 1. */
  readonly attempt: number;
}

const messageOf = ({ topic, id, key, headers, body, position, attempt }: Delivery): TakenMessage => ({
  topic,
  message_id: id,
  key,
  headers,
  body,
  position,
  attempt,
});

/** Room for results that steps keep, in bytes. */
const cacheBytesMax = 64 * 1024 * 1024;

const warn = (message: string, error: unknown): void => process.emitWarning(`${message}: ${String(error)}`);

export async function openEngine(options: LibraryOptions): Promise<LibraryEngine> {
  const workspace = options.workspace ?? 'default';
  const { outbound, services, connections, secrets = {}, databasesFolder = './databases' } = options;
  const allowed = new Set(options.env ?? []);
  const own = { storage: options.storage, databasesFolder };
  const given = { outbound, services, connections, own };
  const broker = brokerOnDemand({ type: 'embedded', folder: folderOf(options.storage) }, { clock: systemClock, warn });
  const connectors = openConnectors({ clock: systemClock, random: systemRandom, broker, ...given, warn });
  const store = await openStore(options.storage);
  const engine = openEngineOver({
    store,
    clock: await openStoreClock(store, (message) => process.emitWarning(message)),
    random: systemRandom,
    parse: parseBeside,
    env: (name) => (allowed.has(name) ? process.env[name] : undefined),
    connectors,
    secret: (_workspace, name) => (Object.hasOwn(secrets, name) ? secrets[name] : undefined),
    cache: await openCache({ type: 'memory', maxMemoryBytes: cacheBytesMax }, systemClock),
    warn,
  });
  const { executions } = engine;

  async function result(executionId: string, wait: { timeoutMs?: number } = {}): Promise<Ended | undefined> {
    const state = await executions.waitForEnd(workspace, executionId, wait.timeoutMs ?? Number.POSITIVE_INFINITY);
    if (!state) return undefined;
    return { execution_id: state.id, status: statusOf(state), output: state.output ?? null, error: state.error };
  }

  async function start(workflow: string, input: unknown, given: StartOptions = {}) {
    const started = await executions.start({ workspace, workflow, input, ...given });
    return { execution_id: started.executionId, status: started.status };
  }

  return {
    executor: (name) => ({
      register: (functionName, run) => engine.local.register(workspace, name, functionName, run),
    }),
    async deploy(text) {
      const deployed = await engine.versions.deploy(workspace, text);
      return { name: deployed.name, version: deployed.version?.version };
    },
    start,
    async execute(workflow, input, given) {
      const { execution_id } = await start(workflow, input, given);
      const ended = await result(execution_id);
      if (!ended) throw new Error(`execution ${execution_id} did not end`);
      return ended;
    },
    result,
    async operate(executionId, operation) {
      await executions.operate(workspace, executionId, operation);
      return { status: await executions.read(workspace, executionId, statusOf) };
    },
    async subscribe(topic, take, { group: name = 'default', ...more } = {}) {
      return (await broker.open()).subscribe({ workspace, topic, name, ...more }, (delivery) =>
        take(messageOf(delivery)),
      );
    },
    engine,
    async close() {
      await engine.close();
      await broker.close();
    },
  };
}
