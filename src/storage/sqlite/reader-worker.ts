/** The thread that answers lists and statistics over a read-only connection, so that they never hold up a commit. */
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../../kit/assert.ts';
import { connectReader } from './connection.ts';
import { failureOf } from './sqlite-faults.ts';
import { prepareOnDemand, runTogether } from './statements.ts';
import type { Reply, Request } from './worker-protocol.ts';

const port = present(parentPort, 'the port of the reader');
const database = connectReader((workerData as { readonly path: string }).path);
const prepared = prepareOnDemand(database);

port.on('message', (request: Request) => {
  if (request.kind === 'run') return port.postMessage(reply(request.statements));
  database.close();
  port.close();
});

function reply(statements: Parameters<typeof runTogether>[2]): Reply {
  try {
    return { answer: runTogether(database, prepared, statements) };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}
