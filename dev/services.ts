/**
 * `npm run services`: the servers that the platform can work with, each of its own, on free ports of this machine.
 *
 * Installs what the machine lacks (Debian's packages, as root), starts it, prints the URLs; `stop` ends what was started
 * and removes its files. With `--foreground` they end with this command.
 */
import { findKeeper, openKeeper } from './services/keeper-link.ts';
import { isServiceName, type ServiceName, services } from './services/services.ts';

const words = process.argv.slice(2);
const isForeground = words.includes('--foreground');
const named = words.filter((word) => word !== '--foreground');

if (named[0] === 'stop' && named.length === 1) {
  const keeper = await findKeeper();
  await keeper?.stop();
  console.log(keeper ? 'stopped' : 'no services are running');
} else {
  const unknown = named.filter((name) => !isServiceName(name));
  if (unknown.length > 0) {
    console.error(`there is no service "${unknown[0]}": name some of ${Object.keys(services).join(', ')}, or "stop"`);
    process.exit(2);
  }
  const wanted = (named.length > 0 ? named : Object.keys(services)) as readonly ServiceName[];
  process.exitCode = (await startAll(wanted)) ? 0 : 1;
}

/** False where one of them could not be had; the others run. */
async function startAll(wanted: readonly ServiceName[]): Promise<boolean> {
  const keeper = await openKeeper();
  let isComplete = true;
  for (const name of wanted) {
    try {
      console.log(`${name} ${await keeper.start(name, { stay: !isForeground, log: console.log })}`);
    } catch (error) {
      isComplete = false;
      console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (isForeground) {
    await new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
      // Signal listeners alone keep no process alive.
      setInterval(() => undefined, 60_000);
    });
    await keeper.stop();
    process.exit(isComplete ? 0 : 1);
  }
  keeper.close();
  return isComplete;
}
