/**
 * `transform` by `script`: JavaScript in a sandbox, as a connector.
 *
 * A script is a function of its request alone: the time it sees and where its random numbers begin were written down
 * when the step was scheduled, so that an attempt that is carried out twice gives the same.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Clock } from '../../kit/clock.ts';
import { isObject, type Json, type JsonObject } from '../../kit/json.ts';
import { type Connector, type ConnectorCall, StepFailure } from '../connector.ts';
import { type GuestAnswer, type GuestRun, scriptFile, scriptHead } from './guest.ts';
import type { GuestError } from './guest-prelude.ts';
import { memoryBytesMax, messageMax, runMsMax, threadsExtra, threadsMax, valueTextMax } from './script-limits.ts';
import { openScriptPool } from './script-pool.ts';
import { compileWasm } from './web-assembly.ts';

export async function openScriptConnector({ clock }: { clock: Clock }): Promise<Connector> {
  const engine = await readFile(new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm')));
  const threads = Math.min(availableParallelism() + threadsExtra, threadsMax);
  const pool = openScriptPool({ module: await compileWasm(engine), threads });

  /** Undefined where the step's own timeout was the shorter one. */
  function answerTo(call: ConnectorCall, text: string): Promise<GuestAnswer> {
    return new Promise((resolve) => {
      const leftMs = (): number => (call.deadlineAt === undefined ? runMsMax : call.deadlineAt - clock.nowMs());
      const withdraw = pool.add({
        workspace: call.workspace,
        request: () => ({ ...runOf(call), text, runMs: Math.max(0, Math.min(runMsMax, leftMs())) }),
        settle(answer) {
          call.signal.removeEventListener('abort', withdraw);
          // The step's own timeout is the engine's to tell: it knows what follows.
          if (answer.kind !== 'timeout' || leftMs() > 0) resolve(answer);
        },
      });
      call.signal.addEventListener('abort', withdraw, { once: true });
    });
  }

  return {
    async run(call) {
      const { input, params } = call.request;
      const text = JSON.stringify({ input, params });
      if (text.length > valueTextMax) throw tooLarge(text.length);
      return outputOf(await answerTo(call, text));
    },
    close: () => pool.close(),
  };
}

function runOf({ request, settings }: ConnectorCall): Omit<GuestRun, 'text' | 'runMs'> {
  return {
    source: String(settings['script']),
    nowMs: Date.parse(String(request['at'])),
    seed: Math.floor(Number(request['seed']) * 2 ** 32),
  };
}

function tooLarge(length: number): StepFailure {
  const message = `input and params have ${length} characters as JSON, at most ${valueTextMax} are allowed: give the script less`;
  return new StepFailure('SCRIPT_INPUT_TOO_LARGE', message, { retryable: false });
}

function outputOf(answer: GuestAnswer): Json {
  switch (answer.kind) {
    case 'output':
      return parsed(answer.text);
    case 'thrown':
      throw thrownFailure(answer.error);
    case 'timeout':
      throw new StepFailure('SCRIPT_TIMEOUT', `the script ran longer than ${runMsMax} ms and was stopped`);
    case 'memory':
      throw failure('SCRIPT_MEMORY', `the script needs more than ${memoryBytesMax / 2 ** 20} MiB of memory`);
    case 'invalid':
      throw failure('SCRIPT_INVALID', `the script cannot be read: ${answer.message}`);
  }
}

/** A script is a function of its request: another attempt gives the same. */
const failure = (code: string, message: string, details?: Json): StepFailure =>
  new StepFailure(code, message, { retryable: false, ...(details === undefined ? {} : { details }) });

/** What a script made is JSON unless it worked hard to make it something else. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw failure('SCRIPT_ERROR', 'the script gave what is no JSON');
  }
}

const givenCode = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** Every text of the error may be anything: a script chose it. */
function thrownFailure(error: GuestError): StepFailure {
  const code = givenCode.test(error.code) ? error.code : 'SCRIPT_ERROR';
  const stack = stackOf(error.stack);
  const logs = error.logs.split('\n').filter((line) => line !== '');
  const given = error.details === '' ? {} : parsed(error.details);
  return failure(code, error.message.slice(0, messageMax) || 'the script threw an error without a message', {
    ...(stack.length === 0 ? {} : { stack }),
    ...(logs.length === 0 ? {} : { logs }),
    ...(isObject(given) ? (given as JsonObject) : { value: given }),
  });
}

const framesMax = 10;

/** `line:column` of the script's own places, innermost first, as they are written in the definition. */
function stackOf(stack: string): string[] {
  const frames: string[] = [];
  for (const [, name = '', line = '', column = ''] of stack.matchAll(frame)) {
    const before = line === '1' ? scriptHead.length : 0;
    const place = `line ${line}, column ${Math.max(1, Number(column) - before)}`;
    frames.push(name === '<anonymous>' ? place : `${name} (${place})`);
    if (frames.length === framesMax) break;
  }
  return frames;
}

const frame = new RegExp(`^ {4}at (.{1,200}) \\(${scriptFile}:(\\d{1,9}):(\\d{1,9})\\)$`, 'gm');
