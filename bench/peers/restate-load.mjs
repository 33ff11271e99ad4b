/** Callers of a Restate service through the server's ingress, each with a kept connection. */
import { openConnections } from '../support/lean-client.ts';
import { runLoad } from '../support/load.ts';
import { readJob, report } from '../support/program.ts';
import { inputOf } from '../support/workflows.ts';

const { port, concurrency, count, warmUp } = readJob();
const connections = await openConnections({ port, token: 'none' }, Math.max(50, concurrency));
const call = (place, caller) => connections[caller].send('POST', '/three/run', JSON.stringify(inputOf(place)));
await runLoad({ concurrency: 50, count: warmUp, call });
report(await runLoad({ concurrency, count, call }));
for (const connection of connections) connection.close();
