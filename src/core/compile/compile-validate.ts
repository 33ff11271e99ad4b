import type { ValidateStep } from '../../model/definition.ts';
import { compileSchema } from '../../model/json-schema.ts';
import { compileTest } from '../quality-test.ts';
import type { ValidateWork } from '../validate.ts';
import { templateOf } from './compile-text.ts';

export function compileValidate(step: ValidateStep): ValidateWork {
  return {
    kind: 'validate',
    data: templateOf(step.data),
    schema: step.schema === undefined ? undefined : compileSchema(step.schema),
    itemSchema: step.itemSchema === undefined ? undefined : compileSchema(step.itemSchema),
    rules: step.rules.map(({ name, severity, test, message }) => {
      return { name, severity, test: compileTest(test), message: templateOf(message) };
    }),
    isTolerant: step.onInvalid === 'continue',
  };
}
