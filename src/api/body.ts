/**
 * Bodies as they come in: JSON for every route, texts for definitions. Nothing passes that `flaw.ts` objects to.
 *
 * A body is read whole (its size is limited before), must be UTF-8, and is refused with the place of the mistake.
 */
import { isUtf8 } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../kit/fault.ts';
import { findJsonBreak } from '../kit/json-place.ts';
import { type Flaw, findFlaw, isSound } from './flaw.ts';
import type { HttpApp } from './http-app.ts';

export function parseJson(body: Buffer): unknown {
  const text = textOf(body);
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    const { line, column, expected } = findJsonBreak(text);
    throw refuseBody(`the body is no JSON: line ${line}, column ${column} should be ${expected}`, {
      code: 'JSON_INVALID',
      message: `${expected} belongs here`,
      pointer: '',
      line,
      column,
    });
  }
}

/** A definition's text, whatever it is called. */
export function parseText(body: Buffer): string {
  const text = textOf(body);
  if (isSound(text)) return text;
  throw refuseBody('the text holds NUL, which no definition may; save it as UTF-8 without it', {
    code: 'TEXT_INVALID',
    message: 'a text must not hold NUL',
    pointer: '',
  });
}

export function refuseFlaw(found: Flaw): Fault {
  const place = found.pointer === '' ? '' : ` at ${found.pointer}`;
  return refuseBody(`the body is refused${place}: ${found.message}`, { ...found });
}

function refuseBody(message: string, error: Record<string, unknown>): Fault {
  return new Fault('BODY_INVALID', message, { detail: { errors: [{ in: 'body', ...error }] } });
}

function textOf(body: Buffer): string {
  if (!isUtf8(body)) {
    throw refuseBody('the body is no UTF-8; encode it so', { code: 'TEXT_INVALID', message: 'no UTF-8', pointer: '' });
  }
  const text = body.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** JSON on every route of the app; other content types are 415. */
export function readJsonBodies(app: HttpApp): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    try {
      done(null, parseSoundJson(request, body));
    } catch (error) {
      done(error as Error);
    }
  });
}

function parseSoundJson(request: FastifyRequest, body: Buffer): unknown {
  const value = parseJson(body);
  const found = request.routeOptions.config.judgesBody === true ? undefined : findFlaw(value);
  if (found) throw refuseFlaw(found);
  return value;
}

/** Texts too, whatever they are declared as: `curl --data-binary` calls every file a form. A form of parts is none. */
export function readTextBodies(app: HttpApp): void {
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    try {
      if (request.headers['content-type']?.startsWith('multipart/')) {
        throw new Fault(
          'MEDIA_TYPE_UNSUPPORTED',
          'send the file itself (curl --data-binary @workflow.yaml), not a form',
        );
      }
      done(null, parseText(body));
    } catch (error) {
      done(error as Error);
    }
  });
}
