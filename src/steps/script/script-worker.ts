/**
 * A thread that runs scripts, one after the other. It may be ended at any moment: it owns nothing that outlives it.
 */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../../kit/assert.ts';
import { type GuestAnswer, type GuestRun, openGuest } from './guest.ts';
import type { WasmModule } from './web-assembly.ts';

/** Answers come in the order of the runs. */
export type ThreadReply = 'ready' | GuestAnswer;

/** Requests, answers to users and the journal go first. */
const niceness = 10;

const port = present(parentPort, 'the port of a script thread');
// Elsewhere a priority is the whole process's.
if (process.platform === 'linux') setPriority(niceness);
const guest = openGuest(workerData as WasmModule, () => performance.now());

port.on('message', (run: GuestRun) => port.postMessage(guest.run(run) satisfies ThreadReply));
port.postMessage('ready' satisfies ThreadReply);
