/** Steps of types that are checked and not run yet: each answer names that beside what is wrong. */
import { atStep, inStep, type ObjectPlace } from './object-place.ts';
import { commonFields, reservedFields } from './step-places.ts';

type Own = Pick<ObjectPlace, 'sound' | 'fields'> & Partial<ObjectPlace>;

const notAvailable = { beside: ['STEP_TYPE_NOT_AVAILABLE'], wrong: [] } as const;

/** A step of a type: the lines that make it sound, its own fields. */
export const laterStep = (type: string, { sound, ...own }: Own): ObjectPlace => ({
  ...notAvailable,
  title: `a ${type} step`,
  pointer: atStep,
  sound: ['name: pay', `type: ${type}`, ...sound],
  shared: commonFields,
  reserved: reservedFields,
  write: inStep('@\n'),
  ...own,
});

/** An object inside such a step, at a pointer below it; `around` are the lines of the step, `@` the object. */
export const insideLater = (title: string, { pointer, around, ...own }: Own & { around: string }): ObjectPlace => ({
  ...notAvailable,
  title,
  pointer: `${atStep}${pointer}`,
  write: inStep(`name: pay\n${around}`),
  ...own,
});
