/**
 * How many conditions, mappings and the like one core evaluates in a second. Prints figures and asserts nothing:
 * `node bench/expression.ts`. The bars are in the performance targets: 5 M conditions, 1 M mappings of three paths.
 */
import { compileExpression, compileTemplate } from '../src/expression/compile.ts';
import type { Scope } from '../src/expression/expression.ts';
import type { Json } from '../src/kit/json.ts';

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

const conditions: readonly string[] = [
  '$.validate-user.validation_result == true',
  "$.create-account.status == 'failed'",
  '$.input.amount > 100 && $.input.preferences.theme == "dark"',
  '$.input.items[9].price * 2 + 1 >= 19',
  'starts_with(lower($.input.email), "ann")',
  'matches($.input.email, "^[a-z]+@example\\\\.org$")',
  'sum(map(filter($.input.items, item => item.quantity > 0), item => item.price * item.quantity))',
  '$.input.items[?@.price > 80].sku',
];
const templates: readonly Json[] = [
  { email: '$.input.email', name: '$.input.name', preferences: '$.input.preferences' },
  'order-${input.amount} for ${input.name}',
];

for (const text of conditions) {
  const compiled = compileExpression(text);
  if (compiled.ok) print(text, () => compiled.value.evaluate(scope));
}
for (const value of templates) {
  const compiled = compileTemplate(value);
  if (compiled.ok) print(JSON.stringify(value), () => compiled.value.fill(scope));
}
print('compile and drop a condition', () => compileExpression('$.input.amount > 100 && $.a.b == "dark"'));

/** The best of five rounds of 60 ms. */
function print(title: string, evaluate: () => unknown): void {
  const rounds = [1, 2, 3, 4, 5].map(() => perSecond(evaluate));
  const best = Math.round(Math.max(...rounds));
  console.log(`${best.toLocaleString('en').padStart(12)} /s  ${title}`);
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
