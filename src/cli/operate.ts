import type { Execution } from '../../sdk/typescript/answers.ts';
import type { Client } from '../../sdk/typescript/client.ts';
import type { Command, Flags } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { readWords, textOf } from './read-words.ts';

/** The commands that steer executions; each takes one or more ids and prints the state it led to. */
interface Args {
  readonly executionIds: readonly string[];
  readonly reason: string | undefined;
  readonly connection: Connection;
}

interface Operation {
  readonly name: string;
  readonly summary: string;
  readonly flags?: Flags;
  readonly send: (client: Client, id: string, reason: string | undefined) => Promise<Execution>;
}

const reasonFlag = { reason: { type: 'string', value: 'TEXT', doc: 'kept in the journal' } } as const satisfies Flags;

function operation({ name, summary, flags: own = {}, send }: Operation): Command<Args> {
  const flags = { ...own, ...connectionFlags };
  return {
    name,
    summary,
    usage: `${name} EXECUTION…`,
    examples: [`${name} exec_01j…`],
    flags,
    parse(argv) {
      const words = readWords(argv, flags, { names: ['EXECUTION'], max: 1_000 });
      return { executionIds: words.positionals, reason: textOf(words, 'reason'), connection: connectionOf(words) };
    },
    async run({ executionIds, reason, connection }, io) {
      await withClient(connection, io, async (client) => {
        for (const id of executionIds) io.out(`${id} ${(await send(client, id, reason)).status}`);
      });
      return 0;
    },
  };
}

export const cancel = operation({
  name: 'cancel',
  summary: 'end an execution and undo what it did',
  flags: reasonFlag,
  send: (client, id, reason) => client.cancel(id, reason),
});

export const terminate = operation({
  name: 'terminate',
  summary: 'end an execution at once, undoing nothing',
  flags: reasonFlag,
  send: (client, id, reason) => client.terminate(id, reason),
});

export const pause = operation({
  name: 'pause',
  summary: 'hand out no more work of an execution',
  send: (client, id) => client.pause(id),
});

export const resume = operation({
  name: 'resume',
  summary: 'let a paused execution go on',
  send: (client, id) => client.resume(id),
});

export const retry = operation({
  name: 'retry',
  summary: 'let an execution go on from the step that failed',
  send: (client, id) => client.retry(id),
});
