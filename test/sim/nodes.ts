/** Nodes over one disk: booted, crashed, paused, and sometimes two at once. */
// Loaded beforehand: what is loaded on first use would take time that the virtual clock does not know.
import '../../src/core/compile/compile-program.ts';
import '../../src/engine/definitions/deployments.ts';
import { type EngineDeps, openEngineOver } from '../../src/engine/open-engine.ts';
import { seededRandom } from '../../src/kit/random.ts';
import { type Parsed, parseDocuments } from '../../src/model/parse.ts';
import type { MemoryDisk } from '../../src/storage/memory/memory-disk.ts';
import { openMemoryStore } from '../../src/storage/memory/memory-store.ts';
import { openSimCache } from './cache.ts';
import type { Auditor } from './checks/auditor.ts';
import { openSimConnectors } from './connectors.ts';
import type { Dice } from './dice.ts';
import { openFaultyStore } from './faulty-store.ts';
import { registerLocals } from './local-functions.ts';
import { type Machine, makeMachine } from './machine.ts';
import type { Endpoint } from './network.ts';
import type { Tally } from './tally.ts';
import type { Target } from './target.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { Weather } from './weather.ts';

export interface NodesDeps {
  readonly disk: MemoryDisk;
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly weather: Weather;
  readonly tally: Tally;
  readonly trace: Trace;
  readonly target: Target;
  readonly auditor: Auditor;
  readonly workspace: string;
  readonly runningMax: number;
  readonly retention: EngineDeps['retention'];
  readonly isFull: () => boolean;
  readonly broken: (error: unknown) => void;
}

export interface Nodes {
  readonly all: Endpoint[];
  boot(): Promise<Endpoint>;
  /** A node that listens; the newest one mostly. */
  pick(): Endpoint | undefined;
  crash(machine: Machine): void;
  living(): readonly Endpoint[];
  /** Whether two nodes were ever up at once. */
  hasOverlapped(): boolean;
}

const parsed = new Map<string, Parsed>();

function parseOnce(text: string): Parsed {
  const known = parsed.get(text) ?? parseDocuments(text);
  parsed.set(text, known);
  return known;
}

export function openNodes(deps: NodesDeps): Nodes {
  const { time, dice, weather, tally, trace } = deps;
  const all: Endpoint[] = [];
  let booted = 0;
  let hasOverlapped = false;
  /** A restart brings the clock that the last node had: it is the same machine. */
  let offsetMs = 0;

  async function boot(): Promise<Endpoint> {
    booted += 1;
    hasOverlapped ||= living().length > 0;
    const machine = makeMachine({ name: `node-${booted}`, time, weather, tally });
    machine.offsetMs = offsetMs;
    const inner = await openMemoryStore({ disk: deps.disk });
    const onApplied = (_: Machine, writes: Parameters<Auditor['applied']>[0]): void =>
      guarded(() => deps.auditor.applied(writes));
    const onPut: Auditor['bulk']['put'] = (row, isPut) => guarded(() => deps.auditor.bulk.put(row, isPut));
    const onForgotten = (gone: readonly string[]): void =>
      guarded(() => deps.auditor.retention.forgotten(gone, time.now()));
    const store = openFaultyStore({ ...deps, inner, machine, onApplied, onPut, onForgotten, onCrash: crash });
    const engine = openEngineOver({
      store,
      clock: machine.clock,
      random: seededRandom(dice.int(0, 2 ** 31)),
      parse: async (text) => parseOnce(text),
      admission: { running: deps.runningMax },
      cache: openSimCache({ ...deps, machine, dice: dice.fork() }),
      connectors: openSimConnectors({ ...deps, machine, dice: dice.fork() }),
      ...(deps.retention && { retention: deps.retention }),
      warn: (message, error) => warned(machine, message, error),
    });
    trace.note(`${machine.name} is up`);
    const endpoint = { machine, engine };
    all.push(endpoint);
    const register = (): void => registerLocals(engine, { ...deps, machine, dice: dice.fork() });
    if (dice.chance(0.7)) register();
    else time.after(dice.int(1, 5_000), () => machine.run(register));
    return endpoint;
  }

  function guarded(look: () => void): void {
    try {
      look();
    } catch (error) {
      deps.broken(error);
    }
  }

  /** What the engine warns of is the store's failing, or a defect. */
  function warned(machine: Machine, message: string, error: unknown): void {
    trace.note(`${machine.name} warns: ${message}`);
    if (error instanceof Error && error.name !== 'Fault') deps.broken(error);
  }

  function crash(machine: Machine): void {
    if (!machine.isAlive) return;
    offsetMs = machine.offsetMs;
    trace.note(`${machine.name} crashes`);
    machine.crash();
    if (living().some((other) => !other.machine.isPaused)) return;
    time.after(dice.int(50, 4_000), () => {
      if (living().some((other) => !other.machine.isPaused)) return;
      tally.fault('node restart');
      void boot();
    });
  }

  const living = (): readonly Endpoint[] => all.filter(({ machine }) => machine.isAlive);

  return {
    all,
    boot,
    crash,
    living,
    hasOverlapped: () => hasOverlapped,
    pick() {
      const found = living().filter(({ machine }) => !machine.isPaused || weather.isCalm === false);
      if (found.length === 0) return undefined;
      return dice.chance(0.7) ? found.at(-1) : dice.pick(found);
    },
  };
}
