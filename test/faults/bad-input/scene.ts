/**
 * The server that the corpus is sent to: the real program with workflows, executions in every state, and a token of
 * every kind. Nothing that is sent may change what stands here.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTokenFile } from '../../../src/app/token-file.ts';
import { type Role, roles } from '../../../src/auth/permission.ts';
import { openTokens } from '../../../src/auth/tokens.ts';
import { openPlatform, type PlatformProcess } from '../../support/platform.ts';
import { pickyWorkflow } from './requests/input-cases.ts';
import type { Standing } from './requests/state-cases.ts';

export interface SceneTokens extends Readonly<Record<Role, string>> {
  /** An admin of another workspace. */
  readonly stranger: string;
  readonly expired: string;
  readonly revoked: string;
}

export interface Scene {
  readonly platform: PlatformProcess;
  readonly tokens: SceneTokens;
  readonly standing: Standing;
  close(): Promise<void>;
}

const workflow = (name: string, spec: string): string =>
  `apiVersion: magicflow.io/v2\nkind: Workflow\nmetadata: {name: ${name}, version: 1.0.0}\nspec:\n${spec}`;

/** Nobody claims its task, so that it stays where it is. */
const orders = workflow('orders', '  steps: [{name: pay, type: function, executor: nobody, function: charge}]\n');
const failing = workflow('failing', '  steps: [{name: give-up, type: fail, code: GIVEN_UP}]\n');
const undone = workflow(
  'undone',
  `  error_handling: [{condition: '$.steps.give-up.status == "failed"', action: compensate}]
  steps:
    - {name: reserve, type: transform, mapping: 1, compensate: give-back}
    - {name: give-up, type: fail}
    - {name: give-back, type: transform, mapping: 2}
`,
);

export async function openScene(): Promise<Scene> {
  const dataDir = mkdtempSync(join(tmpdir(), 'magicflow-bad-input-'));
  const kept = await keepTokens(dataDir);
  const platform = await openPlatform({ dataDir });
  const revoked = await platform.post('tokens', { name: 'revoked', role: 'admin' });
  await platform.call(`DELETE /api/v1/tokens/${revoked.id}`);
  for (const text of [orders, pickyWorkflow, failing, undone]) await platform.deploy(text);
  return {
    platform,
    tokens: { ...kept, revoked: revoked.token },
    standing: await standAround(platform),
    async close() {
      await platform.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Written into the file of tokens before the server starts: one of each role, one from elsewhere, one of yesterday. */
async function keepTokens(dataDir: string): Promise<Omit<SceneTokens, 'revoked'>> {
  const dayMs = 86_400_000;
  const yesterday = { nowMs: () => Date.now() - dayMs };
  const tokens = await openTokens({ ...openTokenFile(dataDir), clock: yesterday });
  const make = async (name: string, role: Role, rest: { workspace?: string; expiresAt?: number } = {}) =>
    (await tokens.create({ name, role, workspace: 'default', ...rest })).token;
  const byRole: [Role, string][] = [];
  for (const role of roles) byRole.push([role, await make(role, role)]);
  return {
    ...(Object.fromEntries(byRole) as Record<Role, string>),
    stranger: await make('stranger', 'admin', { workspace: 'other' }),
    expired: await make('expired', 'admin', { expiresAt: Date.now() - 1_000 }),
  };
}

async function standAround(platform: PlatformProcess): Promise<Standing> {
  const start = async (name: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<string> =>
    (await platform.post(`workflows/${name}/execute?wait=5s`, body, headers)).execution_id;
  const waiting = async (headers: Record<string, string> = {}): Promise<string> =>
    (await platform.post('workflows/orders/execute', {}, headers)).execution_id;
  const standing: Standing = {
    running: await waiting({ 'idempotency-key': 'taken' }),
    paused: await waiting(),
    terminated: await waiting(),
    completed: await start('picky', { input: { text: 'abc' } }),
    failed: await start('failing'),
    compensated: await start('undone'),
  };
  await platform.post(`executions/${standing.paused}/pause`);
  await platform.post(`executions/${standing.terminated}/terminate`);
  return standing;
}
