/** Steps by their type, and the objects inside them. What every step may have is tried in full elsewhere. */
import { atStep, inStep, type ObjectPlace } from './object-place.ts';
import { commonFields, reservedFields } from './step-places.ts';

type Own = Pick<ObjectPlace, 'sound' | 'fields'> & Partial<ObjectPlace>;

/** A step of a type: the lines that make it sound, its own fields. */
export const typedStep = (type: string, { sound, ...own }: Own): ObjectPlace => ({
  title: `a ${type} step`,
  pointer: atStep,
  sound: ['name: pay', `type: ${type}`, ...sound],
  shared: commonFields,
  reserved: reservedFields,
  wrong: [],
  write: inStep('@\n'),
  ...own,
});

/** The same step in another form of it, for the fields that go with that form. */
export const otherForm = (type: string, own: Own): ObjectPlace => ({ ...typedStep(type, own), shared: {} });

/** An object inside such a step, at a pointer below it; `around` are the lines of the step, `@` the object. */
export const insideStep = (title: string, { pointer, around, ...own }: Own & { around: string }): ObjectPlace => ({
  title,
  pointer: `${atStep}${pointer}`,
  wrong: [],
  write: inStep(`name: pay\n${around}`),
  ...own,
});
