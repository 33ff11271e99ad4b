import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openExample, readmeCommands, runCommand } from '../../test/support/example.ts';
import { openPlatform } from '../../test/support/platform.ts';

test('human-approval runs as its README says', async (t) => {
  const platform = await openPlatform();
  t.after(() => platform.close());
  const example = await openExample('human-approval', platform);
  t.after(() => example.close());
  const commands = readmeCommands('human-approval').filter((command) => !command.startsWith('bin/magicflow test'));
  assert.equal(commands.length, 4);
  const printed: string[] = [];
  for (const command of commands) printed.push(await runCommand(command, platform));
  assert.match(printed.at(-1) ?? '', /ada spends 400: Conference/);
});
