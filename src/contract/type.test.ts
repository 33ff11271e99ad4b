import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type as TypeBox } from 'typebox';
import { Type } from './type.ts';

const some = { description: 'some', title: 'Some' };
type Builders = Pick<typeof TypeBox, keyof typeof Type>;

/** Every builder, bare and with options, alone and as members of objects that may be absent. */
function samples(build: Builders): readonly object[] {
  const leaves = [
    build.Boolean(),
    build.Boolean(some),
    build.Integer({ minimum: 1, ...some }),
    build.Number(),
    build.Null(some),
    build.String({ maxLength: 3 }),
    build.Enum(['a', 'b'], some),
    build.Literal('x'),
    build.Literal(7, some),
    build.Unknown(some),
    build.Unsafe<string | null>({ type: ['string', 'null'], ...some }),
  ];
  return leaves.flatMap((leaf) => [
    leaf,
    build.Array(leaf, { maxItems: 2 }),
    build.Union([leaf, build.Null()], some),
    build.Object({ a: leaf, b: build.Optional(leaf), c: build.Optional(build.Array(leaf)) }, some),
    build.Object({ a: build.Optional(leaf) }, { additionalProperties: false }),
    build.Object({}),
  ]);
}

test('builders make the schemas that TypeBox makes, to the last byte', () => {
  const made = samples(Type).map((schema) => JSON.stringify(schema));
  assert.deepEqual(
    made,
    samples(TypeBox).map((schema) => JSON.stringify(schema)),
  );
  assert.ok(made.length > 60);
});

test('a member that may be absent stays one that must be there where it is used bare', () => {
  const bare = Type.String();
  assert.deepEqual(Type.Object({ a: Type.Optional(bare), b: bare }), {
    type: 'object',
    required: ['b'],
    properties: { a: { type: 'string' }, b: { type: 'string' } },
  });
});
