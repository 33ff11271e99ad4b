/** The key and the headers of a message, as every broker takes them. */
import { isObject, type Json, type JsonObject } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';

/** Characters. */
const keyLengthMax = 255;
const headersMax = 64;
const headerNameForm = /^[\w.-]{1,100}$/;
const headerValueForm = /^\P{Cc}{0,4000}$/u;

/** A number counts as its text. A key that gave nothing is refused: without one the order would be lost unseen. */
export function keyOf(written: Json): string {
  const text = typeof written === 'number' ? String(written) : written;
  if (typeof text === 'string' && text.length > 0 && text.length <= keyLengthMax) return text;
  throw invalid(`"key" must give a text of 1 to ${keyLengthMax} characters, it gave ${shown(written)}`);
}

/** By names in lower case; what gave null is left out. */
export function messageHeaders(written: Json | undefined): Readonly<Record<string, string>> {
  const given = isObject(written) ? Object.entries(written as JsonObject).filter(([, value]) => value !== null) : [];
  if (given.length > headersMax) throw invalid(`"headers" has ${given.length} members, it may have ${headersMax}`);
  return Object.fromEntries(
    given.map(([name, value]) => {
      const text = typeof value === 'object' ? undefined : String(value);
      if (!headerNameForm.test(name)) throw invalid(`the header ${shown(name)} is no name: use letters, digits, . _ -`);
      if (text === undefined || !headerValueForm.test(text)) {
        throw invalid(`the header "${name}" must give a text of a line and at most 4000 characters`);
      }
      return [name.toLowerCase(), text];
    }),
  );
}

const shown = (value: Json): string => JSON.stringify(value).slice(0, 100);
const invalid = (message: string): StepFailure => new StepFailure('REQUEST_INVALID', message, { retryable: false });
