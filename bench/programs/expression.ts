/** How many conditions, mappings and the like one core evaluates in a second. Reports figures. */
import { compileExpression, compileTemplate } from '../../src/expression/compile.ts';
import type { Scope } from '../../src/expression/expression.ts';
import { present } from '../../src/kit/assert.ts';
import type { Json } from '../../src/kit/json.ts';
import type { Figure } from '../measure.ts';
import { report } from '../support/program.ts';

const items = Array.from({ length: 10_000 }, (_, place) => ({
  sku: `item-${place}`,
  price: place % 90,
  quantity: place % 7,
}));
const roots = new Map<string, unknown>([
  ['input', { email: 'ann@example.org', name: 'Ann', preferences: { theme: 'dark' }, amount: 120, items }],
  ['validate-user', { validation_result: true, validation_errors: [] }],
  ['create-account', { user_id: 'user-1', status: 'completed' }],
]);
const scope: Scope = {
  root: (name) => roots.get(name),
  nowMs: 1_760_000_000_000,
  random: () => 0.5,
  env: () => undefined,
};

interface Sample {
  readonly title: string;
  readonly text: string;
  readonly bar?: number;
}

const conditions: readonly Sample[] = [
  { title: 'a path against a literal', text: '$.validate-user.validation_result == true', bar: 5_000_000 },
  { title: 'two comparisons', text: '$.input.amount > 100 && $.input.preferences.theme == "dark"', bar: 5_000_000 },
  { title: 'arithmetic on an item', text: '$.input.items[9].price * 2 + 1 >= 19' },
  { title: 'two functions of a text', text: 'starts_with(lower($.input.email), "ann")' },
  { title: 'a regular expression', text: 'matches($.input.email, "^[a-z]+@example\\\\.org$")' },
  {
    title: 'filter, map, sum of 10,000 items',
    text: 'sum(map(filter($.input.items, item => item.quantity > 0), item => item.price * item.quantity))',
  },
  { title: 'a filter path over 10,000 items', text: '$.input.items[?@.price > 80].sku' },
];
const mapping: Json = { email: '$.input.email', name: '$.input.name', preferences: '$.input.preferences' };

const figures: Figure[] = conditions.map(({ title, text, bar }) => {
  const compiled = compileExpression(text);
  if (!compiled.ok) throw new Error(`${text} does not compile`);
  return figure(title, () => compiled.value.evaluate(scope), bar);
});
const compiled = compileTemplate(mapping);
if (compiled.ok) figures.push(figure('a mapping of three paths', () => compiled.value.fill(scope), 1_000_000));
figures.push(figure('compile a condition', () => compileExpression('$.input.amount > 100 && $.a.b == "dark"')));
report(figures);

/** The best of five rounds of 60 ms: what one core can do. */
function figure(title: string, evaluate: () => unknown, bar?: number): Figure {
  const rounds = Array.from({ length: 5 }, () => perSecond(evaluate)).sort((a, b) => b - a);
  const value = present(rounds[0], 'a round');
  return { title: `expression: ${title}`, value, unit: '/s', ...(bar === undefined ? {} : { bar }) };
}

function perSecond(evaluate: () => unknown): number {
  const start = performance.now();
  let count = 0;
  for (let batch = 1; performance.now() - start < 60; batch = Math.min(batch * 2, 4_096)) {
    for (let at = 0; at < batch; at += 1) evaluate();
    count += batch;
  }
  return (count / (performance.now() - start)) * 1_000;
}
