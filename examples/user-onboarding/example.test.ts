import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openExample, readmeCommands, runCommand } from '../../test/support/example.ts';
import { openPlatform } from '../../test/support/platform.ts';

test('user-onboarding runs as its README says', async (t) => {
  const platform = await openPlatform();
  t.after(() => platform.close());
  const example = await openExample('user-onboarding', platform);
  t.after(() => example.close());
  const commands = readmeCommands('user-onboarding');
  assert.equal(commands.length, 2);
  const printed: string[] = [];
  for (const command of commands) printed.push(await runCommand(command, platform));
  assert.match(printed.at(-1) ?? '', /\bcompleted\b/);
});
