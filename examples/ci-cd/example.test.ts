import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openExample, readmeCommands, runCommand } from '../../test/support/example.ts';
import { openPlatform, until } from '../../test/support/platform.ts';

test('ci-cd runs as its README says', async (t) => {
  const platform = await openPlatform();
  t.after(() => platform.close());
  const example = await openExample('ci-cd', platform);
  t.after(() => example.close());
  const commands = readmeCommands('ci-cd').filter((command) => !command.startsWith('bin/magicflow test'));
  assert.equal(commands.length, 2);
  const printed: string[] = [];
  for (const command of commands) printed.push(await runCommand(command, platform));
  const [executionId] = /exec_\w+/.exec(printed.at(-1) ?? '') ?? [];
  const isThere = async (): Promise<true | undefined> => {
    const { progress } = await platform.get(`executions/${executionId}`);
    return progress.current_step === 'soak' || undefined;
  };
  await until(isThere, { what: 'the step soak', deadlineMs: 30_000 });
});
