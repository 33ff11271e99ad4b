/** The `user-onboarding` workflow of the project's description, word for word, through everything that can happen to it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type ExecutorProcess, openExecutor, type Script } from '../support/executor.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const folder = new URL('./seed/', import.meta.url).pathname;
const workflow = readFileSync(`${folder}workflow.yaml`, 'utf8');
const input = { email: 'ada@example.com', name: 'Ada' };

const happy = {
  'user-service': {
    validateUserData: { answer: { valid: true, errors: [] } },
    cleanup: { answer: { cleaned_up: true } },
  },
  'account-service': { createUserAccount: { answer: { user_id: 'user-1', account_status: 'active' } } },
  'verification-service': { verifyUser: { answer: { verification_status: 'verified' } } },
  'notification-service': { sendWelcomeEmail: { answer: { welcome_email_sent: true } } },
} as const satisfies Script;
const hang = { hang: true } as const;

/** The text with other words in a few places, as a workflow of its own; every place must be there. */
function variant(name: string, ...changes: readonly (readonly [string, string])[]): string {
  const all = [['name: user-onboarding\n', `name: ${name}\n`] as const, ...changes];
  return all.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), from);
    return text.replace(from, to);
  }, workflow);
}

describe('user-onboarding', () => {
  let platform: PlatformProcess;
  let executor: ExecutorProcess;
  before(async () => {
    platform = await openPlatform();
    executor = await openExecutor({ server: platform.url, token: platform.token, script: happy });
  });
  after(async () => {
    await executor?.close();
    await platform?.close();
  });

  const run = (name = 'user-onboarding', given: object = input) =>
    platform.post(`workflows/${name}/execute?wait=20s`, { input: given });
  const detail = (execution: { execution_id: string }) => platform.get(`executions/${execution.execution_id}`);
  const calls = (execution: { execution_id: string }): string[] =>
    executor
      .effects()
      .filter((effect) => effect.execution === execution.execution_id)
      .map((effect) => effect.function);
  const stepsOf = (execution: { steps: { name: string; status: string }[] }): string[] =>
    execution.steps.map((step) => `${step.name} ${step.status}`);

  test('curl deploys both documents as they stand, with exactly the four warnings they deserve', () => {
    const deploy = (file: string) => {
      const args = [
        '-sS',
        '-X',
        'POST',
        `${platform.url}/api/v1/workflows`,
        '-H',
        `Authorization: Bearer ${platform.token}`,
      ];
      const form = ['-H', 'Content-Type: application/yaml', '--data-binary', `@${file}`];
      return JSON.parse(execFileSync('curl', [...args, ...form], { cwd: folder, encoding: 'utf8' }));
    };
    const deployed = deploy('workflow.yaml');
    assert.equal(deployed.name, 'user-onboarding');
    assert.equal(deployed.version, '1.0.0');
    assert.equal(deployed.validation_status, 'valid_with_warnings');
    const warnings = deployed.diagnostics.map(
      (each: { code: string; pointer: string }) => `${each.code} ${each.pointer}`,
    );
    assert.deepEqual(warnings, [
      'STEP_UNDEFINED /spec/steps/0/on_failure',
      'STEP_UNDEFINED /spec/steps/1/fallback_step',
      'STEP_UNREACHABLE /spec/steps/2/name',
      'STEP_UNDEFINED /spec/steps/2/fallback_step',
    ]);
    assert.deepEqual(deploy('context.yaml').diagnostics, []);
  });

  test('a sound user gets an account and a mail; the defaults of the context are filled in', async () => {
    executor.follow(happy);
    const ended = await run();
    assert.equal(ended.status, 'completed');
    assert.equal(ended.output.user_id, 'user-1');
    assert.deepEqual(calls(ended), ['validateUserData', 'createUserAccount', 'sendWelcomeEmail']);
    const execution = await detail(ended);
    assert.equal(execution.progress.percentage, 100);
    const mail = execution.steps.find((step: { name: string }) => step.name === 'send-welcome-email');
    assert.deepEqual(mail.input, { user_id: 'user-1', ...input });
  });

  test('an input that breaks the context is refused with the place of every mistake', async () => {
    const { status, body } = await platform.call('POST /api/v1/workflows/user-onboarding/execute', {
      body: { input: { email: 'nobody' } },
    });
    assert.equal(status, 422);
    assert.equal(body.code, 'INPUT_INVALID');
    const places = body.errors.map((each: { pointer: string; message: string }) => `${each.pointer} ${each.message}`);
    assert.equal(places.length, 2);
    assert.match(places.join('\n'), /^\/input .*name/m);
    assert.match(places.join('\n'), /^\/input\/email /m);
  });

  test('a user who does not pass validation gets the rule’s message and details', async () => {
    executor.follow({
      ...happy,
      'user-service': { validateUserData: { answer: { valid: false, errors: ['name: too short'] } } },
    });
    const ended = await run();
    assert.equal(ended.status, 'failed');
    assert.equal(ended.error.message, 'User validation failed');
    assert.deepEqual(ended.error.details, ['name: too short']);
    assert.deepEqual(calls(ended), ['validateUserData']);
  });

  test('an account that cannot be made is compensated by user-service.cleanup', async () => {
    const failing = { createUserAccount: { fail: { code: 'EMAIL_TAKEN', message: 'taken', retryable: false } } };
    executor.follow({ ...happy, 'account-service': failing });
    const ended = await run();
    assert.equal(ended.status, 'compensated');
    assert.equal(ended.error.code, 'EMAIL_TAKEN');
    assert.deepEqual(calls(ended), ['validateUserData', 'createUserAccount', 'cleanup']);
  });

  test('a failure that may pass is tried as often as the workflow’s retry_policy says', async () => {
    await platform.deploy(variant('retries', ['backoff: exponential\n', 'backoff: fixed\n    initial_delay: 20ms\n']));
    const failing = { fail: { code: 'BUSY', message: 'busy' } } as const;
    const answers = [failing, failing, happy['account-service'].createUserAccount];
    executor.follow({ ...happy, 'account-service': { createUserAccount: answers } });
    await executor.kill();
    await executor.start();
    const ended = await run('retries');
    assert.equal(ended.status, 'completed');
    assert.deepEqual(calls(ended).filter((name) => name === 'createUserAccount').length, 3);
    const account = (await detail(ended)).steps.find((step: { name: string }) => step.name === 'create-account');
    assert.equal(account.attempt, 3);
  });

  test('a validation that takes too long is tried again', async () => {
    const name = 'slow-validation';
    await platform.deploy(
      variant(name, ['timeout: 30s', 'timeout: 150ms'], ['initial_delay: 1s', 'initial_delay: 20ms']),
    );
    const answers = [hang, happy['user-service'].validateUserData];
    executor.follow({ ...happy, 'user-service': { ...happy['user-service'], validateUserData: answers } });
    await executor.kill();
    await executor.start();
    const ended = await run(name);
    assert.equal(ended.status, 'completed');
    const events = (await platform.get(`executions/${ended.execution_id}/journal`)).events;
    const retrying = events.find((event: { type: string }) => event.type === 'step.retrying');
    assert.equal(retrying.error.code, 'TIMEOUT');
  });

  test('an account that takes too long leads to a fallback that nobody defined: UNDEFINED_STEP, caused by TIMEOUT', async () => {
    await platform.deploy(variant('slow-account', ['timeout: 1m', 'timeout: 150ms']));
    executor.follow({ ...happy, 'account-service': { createUserAccount: hang } });
    const ended = await run('slow-account');
    assert.equal(ended.status, 'failed');
    assert.equal(ended.error.code, 'UNDEFINED_STEP');
    assert.equal(ended.error.cause.code, 'TIMEOUT');
  });

  test('an account that takes too long is replaced by the fallback where there is one', async () => {
    const guest = `
    - name: create-guest-account
      type: transform
      mapping: { user_id: guest-1 }

  error_handling:`;
    await platform.deploy(variant('guests', ['timeout: 1m', 'timeout: 150ms'], ['\n  error_handling:', guest]));
    executor.follow({ ...happy, 'account-service': { createUserAccount: hang } });
    const ended = await run('guests');
    assert.equal(ended.status, 'completed');
    const mail = (await detail(ended)).steps.find((step: { name: string }) => step.name === 'send-welcome-email');
    assert.equal(mail.input.user_id, 'guest-1');
  });

  test('a mail that takes too long is ignored', async () => {
    await platform.deploy(
      variant('slow-mail', [
        'timeout: 30s\n      timeout_action: ignore',
        'timeout: 150ms\n      timeout_action: ignore',
      ]),
    );
    executor.follow({ ...happy, 'notification-service': { sendWelcomeEmail: hang } });
    const ended = await run('slow-mail');
    assert.equal(ended.status, 'completed');
    assert.deepEqual(stepsOf(await detail(ended)).at(-1), 'send-welcome-email timed_out');
  });

  test('after five failures the circuit is open: the sixth user is passed on without a call', async () => {
    const skip = `
    - name: skip-verification
      type: transform
      mapping: { verification_status: skipped }

  error_handling:`;
    const text = variant(
      'verified',
      [
        'on_success: send-welcome-email\n      on_failure: cleanup',
        'on_success: external-verification\n      on_failure: cleanup',
      ],
      ['failure_rate_threshold: 0.5', 'failure_rate_threshold: 1.0'],
      ['max_attempts: 3', 'max_attempts: 1'],
      ['\n  error_handling:', skip],
    );
    await platform.deploy(text);
    executor.follow({
      ...happy,
      'verification-service': { verifyUser: { fail: { code: 'DOWN', message: 'down', retryable: false } } },
    });
    for (let user = 0; user < 6; user += 1) {
      const ended = await run('verified');
      assert.equal(ended.status, 'completed');
      const asked = calls(ended).includes('verifyUser');
      assert.equal(asked, user < 5, `user ${user}`);
      assert.ok(stepsOf(await detail(ended)).includes('skip-verification completed'));
    }
  });

  test('a server that is killed in the middle goes on where it was', async () => {
    executor.follow({
      ...happy,
      'account-service': { createUserAccount: { answer: { user_id: 'user-9' }, delayMs: 1_500 } },
    });
    const started = await platform.post('workflows/user-onboarding/execute', { input });
    await until(() => calls(started).includes('createUserAccount') || undefined, {
      what: 'the call of createUserAccount',
    });
    await platform.kill();
    await platform.start();
    const ended = await platform.ended(started.execution_id);
    assert.equal(ended.status, 'completed');
    assert.equal(ended.output.user_id, 'user-9');
    assert.deepEqual(calls(started), ['validateUserData', 'createUserAccount', 'sendWelcomeEmail']);
  });
});
