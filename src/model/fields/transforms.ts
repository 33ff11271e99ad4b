import { compileTemplate } from '../../expression/compile.ts';
import { type Purpose, purposes } from '../sink.ts';
import { expression } from './expression.ts';
import { type Kind, record } from './kind.ts';
import { plainName } from './name.ts';

/**
 * Members of a step's response that are made anew while the others stay: an output mapping that is written member by
 * member, and becomes one expression in the normal form.
 */
export function transforms(purpose: Purpose = purposes.output): Kind<string> {
  const members = record(plainName, expression(purpose));
  return {
    expected: 'expressions by the name of the member they make',
    read(spot, sink) {
      const read = members.read(spot, sink);
      if (read === undefined) return undefined;
      const made = Object.entries(read).map(([name, text]) => `${JSON.stringify(name)}: ${bare(text)}`);
      const output = `\${merge($.response, {${made.join(', ')}})}`;
      const compiled = compileTemplate(output);
      if (compiled.ok) return output;
      sink.report('EXPRESSION_INVALID', spot, `together: ${compiled.problems[0]?.message}; write an "output" instead`);
      return undefined;
    },
    schema: () => members.schema(),
  };
}

/** An expression without the braces that it may be written in. */
function bare(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith('${') ? trimmed.slice(2, -1) : trimmed;
}
