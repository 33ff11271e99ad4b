import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Client } from '../../sdk/typescript/client.ts';
import { member } from '../kit/json.ts';
import type { RecordedEvent } from '../testing/record.ts';
import type { CliIo, ExitCode } from './command.ts';
import { type Connection, withClient } from './connection.ts';
import { readJournal } from './journal.ts';
import { printable } from './show.ts';

/** Events of one execution that a recording reads; a longer history makes no test that anybody reads. */
const eventsMax = 100_000;

/** `magicflow test --record EXECUTION`: a test document of what happened, to a file or to stdout. */
export async function recordExecution(
  { executionId, output, connection }: { executionId: string; output: string | undefined; connection: Connection },
  io: CliIo,
): Promise<ExitCode> {
  const { execution, texts } = await withClient(connection, io, (client) => readExecution(client, executionId));
  if (execution.events.length === eventsMax) {
    io.err(`magicflow: only the first ${eventsMax} events of ${executionId} are in the test: it is not as it was`);
  }
  const { recordAndTry } = await import('../testing/record-run.ts');
  const { text, notes } = await recordAndTry(execution, texts);
  for (const note of notes) io.err(printable(`magicflow: ${note}`));
  if (output === undefined) io.out(text.trimEnd());
  else await writeFile(resolve(io.directory, output), text);
  return 0;
}

async function readExecution(client: Client, executionId: string) {
  const { status, workflow_name: workflow, version } = await client.get(executionId);
  const events: RecordedEvent[] = [];
  for await (const event of readJournal(client, executionId, { after: 0, limit: eventsMax }))
    events.push(event as unknown as RecordedEvent);
  const detail = await client.request({ method: 'GET', path: `/api/v1/workflows/${workflow}/versions/${version}` });
  const texts = [member(detail, 'yaml_content'), member(detail, 'context_yaml')].filter(
    (text) => typeof text === 'string',
  );
  return { execution: { executionId, status, events }, texts };
}
