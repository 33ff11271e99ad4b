import { compileExpression, compileTemplate } from '../../expression/compile.ts';
import type { ExpressionProblem, Reference } from '../../expression/expression.ts';
import type { Json } from '../../kit/json.ts';
import type { Purpose, Sink } from '../sink.ts';
import { placeInside } from '../yaml/place.ts';
import { entrySpot, isList, isMap, itemSpots, jsonOf, type ScalarNode, type Spot } from '../yaml/tree.ts';
import { type Kind, reportType } from './kind.ts';

/**
 * Texts of the expression language. Each is compiled once here to find its problems and what it reads; the normal form
 * keeps the text.
 */

/** True where a text in a field that may be computed is an expression: it starts with `$.`, is `$`, or is one `${…}`. */
export function isExpressionText(text: string | undefined): boolean {
  return text !== undefined && (text === '$' || text.startsWith('$.') || text.startsWith('${'));
}

/** A text that is always an expression; `true` and `false` may be written bare. */
export function expression(purpose: Purpose): Kind<string> {
  const expected = 'an expression like "$.input.total > 100"';
  return {
    expected,
    read(spot, sink) {
      const { node } = spot;
      if (node.kind !== 'scalar' || (typeof node.value !== 'string' && typeof node.value !== 'boolean')) {
        return reportType(spot, sink, expected);
      }
      const found = String(node.value);
      const compiled = compileExpression(found);
      return note(compiled, { spot: { ...spot, node }, sink, purpose }) ? found : undefined;
    },
    schema: () => ({ type: ['string', 'boolean'] }),
  };
}

/** Any JSON; its strings may be expressions or hold `${…}`. */
export function template(purpose: Purpose): Kind<Json> {
  return {
    expected: `a value, in which texts may be expressions ("$.input.id") or hold "\${…}"`,
    read: (spot, sink) => (noteAll(spot, sink, purpose) ? jsonOf(spot.node) : undefined),
    schema: () => ({}),
  };
}

/** String by string, so that each problem and each reference has its place. */
function noteAll(spot: Spot, sink: Sink, purpose: Purpose): boolean {
  if (isList(spot))
    return itemSpots(spot)
      .map((item) => noteAll(item, sink, purpose))
      .every(Boolean);
  if (isMap(spot))
    return spot.node.entries.map((entry) => noteAll(entrySpot(spot, entry), sink, purpose)).every(Boolean);
  const { node } = spot;
  if (node.kind !== 'scalar' || typeof node.value !== 'string' || !node.value.includes('$')) return true;
  return note(compileTemplate(node.value), { spot: { ...spot, node }, sink, purpose });
}

type Outcome =
  | { readonly ok: true; readonly value: { readonly references: readonly Reference[] } }
  | { readonly ok: false; readonly problems: readonly ExpressionProblem[] };

function note(
  compiled: Outcome,
  { spot, sink, purpose }: { spot: Spot<ScalarNode>; sink: Sink; purpose: Purpose },
): boolean {
  if (compiled.ok) {
    if (compiled.value.references.length > 0) sink.uses.push({ purpose, references: compiled.value.references, spot });
    return true;
  }
  for (const problem of compiled.problems) {
    const code = isSecretMisuse(problem, String(spot.node.value), purpose) ? 'SECRET_MISPLACED' : 'EXPRESSION_INVALID';
    sink.report(code, spot, problem.message, placeInside(sink.text, spot.node, problem.offset));
  }
  return false;
}

/** The compiler refuses what compares a secret before its references can be judged; the code says so all the same. */
function isSecretMisuse({ message }: ExpressionProblem, text: string, { secrets }: Purpose): boolean {
  return !secrets && /\bsecrets?\b/.test(text) && message.startsWith('the secret ');
}
