/** Callers of the HTTP API, each with a kept connection. Makes its connections first and reports what the calls took. */
import { type Connection, openConnections, type Target } from '../support/lean-client.ts';
import { runLoad } from '../support/load.ts';
import { readJob, report } from '../support/program.ts';
import { batchSize, inputOf } from '../support/workflows.ts';

export interface HttpJob {
  readonly target: Target;
  readonly kind: 'execute' | 'start' | 'batch' | 'get';
  readonly concurrency: number;
  readonly count: number;
  /** Executions to read, for `get`. */
  readonly ids?: readonly string[];
  /** Default: the one of three steps. */
  readonly workflow?: string;
}

const { target, kind, concurrency, count, ids = [], workflow: name = 'three' } = readJob<HttpJob>();
const workflow = `/api/v1/workflows/${name}`;

const calls: Record<HttpJob['kind'], (connection: Connection, place: number) => Promise<unknown>> = {
  async execute(connection, place) {
    const answer = await connection.send('POST', `${workflow}/execute?wait=60s`, startBody(place));
    if (!answer.includes('"status":"completed"')) throw new Error(`an execution did not complete: ${answer}`);
  },
  start: (connection, place) => connection.send('POST', `${workflow}/execute`, startBody(place)),
  async batch(connection, place) {
    const executions = Array.from({ length: batchSize }, (_, index) => ({ input: inputOf(place * batchSize + index) }));
    const answer = await connection.send('POST', `${workflow}/execute-batch`, JSON.stringify({ executions }));
    if (answer.includes('"error"')) throw new Error(`a start was refused: ${answer.slice(0, 500)}`);
  },
  get: (connection, place) => connection.send('GET', `/api/v1/executions/${ids[place % ids.length]}`),
};

const startBody = (place: number): string => JSON.stringify({ input: inputOf(place) });

const connections = await openConnections(target, concurrency);
const call = calls[kind];
report(
  await runLoad({
    concurrency,
    count,
    call: (place, caller) => call(connections[caller] as Connection, place),
  }),
);
for (const connection of connections) connection.close();
