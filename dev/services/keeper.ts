/**
 * One process that keeps the services of a checkout, for everybody who asks: `npm run services`, and test files that run
 * at the same time.
 *
 * Whoever asks stays connected while a service is needed. The keeper stops every server it started, and ends, when it is
 * told to, or a while after the last who asked is gone; a service that was asked to stay keeps it until it is told. It is
 * reached at an abstract socket, which the system takes away with the process, so that none is ever stale.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';
import { findOrInstall } from './install.ts';
import type { KeeperAnswer, KeeperRequest } from './keeper-protocol.ts';
import { giveToServer } from './server-process.ts';
import type { StartedService } from './service.ts';
import { type ServiceName, services } from './services.ts';

const [folder = '', lingerText = '0'] = process.argv.slice(2);
const lingerMs = Number(lingerText);
const started = new Map<ServiceName, Promise<StartedService>>();
const users = new Set<Socket>();
let stays = false;
let lastLeave: NodeJS.Timeout | undefined;

/** The same server for all who ask; a failure is kept too, so that no test run tries to install again and again. */
function start(name: ServiceName, log: (line: string) => void): Promise<StartedService> {
  const known = started.get(name) ?? startAnew(name, log);
  started.set(name, known);
  return known;
}

async function startAnew(name: ServiceName, log: (line: string) => void): Promise<StartedService> {
  const service = services[name];
  const programs = await findOrInstall(service, log);
  const own = join(folder, name);
  mkdirSync(own, { mode: 0o700 });
  giveToServer(own);
  const password = randomBytes(16).toString('hex');
  return service.start({ programs, folder: own, port: await freePort(), password });
}

async function answer(request: KeeperRequest, say: (answer: KeeperAnswer) => void): Promise<void> {
  if (request.type === 'stop') return end(() => say({ type: 'stopped' }));
  if (request.stay) stays = true;
  try {
    const { url } = await start(request.name, (line) => say({ type: 'log', line }));
    say({ type: 'started', url });
  } catch (error) {
    say({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

/** From the first moment on nobody new is taken up. */
async function end(report: () => void = () => undefined): Promise<void> {
  server.close(() => process.exit(0));
  const all = await Promise.allSettled(started.values());
  await Promise.all(all.map((each) => each.status === 'fulfilled' && each.value.stop()));
  rmSync(folder, { recursive: true, force: true });
  report();
  for (const user of users) user.end();
}

function welcome(user: Socket): void {
  users.add(user);
  clearTimeout(lastLeave);
  const say = (answered: KeeperAnswer): void => {
    if (user.writable) user.write(`${JSON.stringify(answered)}\n`);
  };
  createInterface({ input: user })
    .on('error', () => user.destroy())
    .on('line', (line) => {
      answer(JSON.parse(line) as KeeperRequest, say).catch((error: unknown) =>
        say({ type: 'failed', reason: String(error) }),
      );
    });
  user.on('close', () => {
    users.delete(user);
    if (users.size === 0 && !stays) lastLeave = setTimeout(() => void end(), lingerMs);
  });
  say({ type: 'welcome' });
}

const server = createServer(welcome);
// Another keeper was quicker: whoever started this one reaches that one.
server.on('error', () => process.exit(0));
server.on('listening', () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  giveToServer(folder);
});
server.listen(`\0${folder}`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
