import { parse } from 'acorn';
import { scriptLengthMax } from '../limits.ts';
import type { Sink } from '../sink.ts';
import { placeInside } from '../yaml/place.ts';
import { type Spot, textOf } from '../yaml/tree.ts';
import { type Kind, reportType } from './kind.ts';

/** JavaScript: the body of a function, in strict mode. What it does when it runs is not this place's question. */
export const script: Kind<string> = {
  expected: 'the body of a JavaScript function, like "return input.items.length"',
  read(spot, sink) {
    const source = textOf(spot);
    if (!source) return reportType(spot, sink, script.expected);
    if (source.length > scriptLengthMax) {
      const message = `the script has ${source.length} characters, at most ${scriptLengthMax} are allowed: split it`;
      sink.report('LIMIT_EXCEEDED', spot, message);
      return undefined;
    }
    const problem = findProblem(source);
    if (problem) reportProblem(spot, sink, problem);
    return problem ? undefined : source;
  },
  schema: () => ({ type: 'string', minLength: 1, maxLength: scriptLengthMax }),
};

interface ScriptProblem {
  readonly message: string;
  readonly offset: number;
}

const strictly = '"use strict";';
/** What the engine of scripts understands. */
const edition = 2024;

function findProblem(source: string): ScriptProblem | undefined {
  try {
    parse(strictly + source, { ecmaVersion: edition, allowReturnOutsideFunction: true, allowHashBang: false });
    return undefined;
  } catch (error) {
    // Brackets a thousand deep exhaust the stack: no reader has a bound of its own there.
    if (error instanceof RangeError) return { message: 'it is nested too deeply', offset: 0 };
    const { message, pos = strictly.length } = error as SyntaxError & { pos?: number };
    return { message: message.replace(/ \(\d+:\d+\)$/, ''), offset: Math.max(0, pos - strictly.length) };
  }
}

function reportProblem(spot: Spot, sink: Sink, { message, offset }: ScriptProblem): void {
  if (spot.node.kind !== 'scalar') return;
  const place = placeInside(sink.text, spot.node, offset);
  sink.report('SCRIPT_INVALID', spot, `the script cannot be read: ${message}`, place);
}
