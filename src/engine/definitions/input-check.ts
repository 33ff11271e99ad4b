import type { Program } from '../../core/program.ts';
import { Fault } from '../../kit/fault.ts';
import type { Json } from '../../kit/json.ts';

/** The input with the defaults of its schema. It is changed: give a copy. Throws INPUT_INVALID. */
export function checkInput(program: Program, input: unknown): Json {
  const checked = program.inputCheck?.check(input);
  if (checked === undefined) return input as Json;
  if (checked.ok) return checked.value;
  const [first] = checked.errors;
  const errors = checked.errors.map((error) => ({ ...error, pointer: `/input${error.pointer}` }));
  const message = `the input does not fit input_schema: ${first?.message} (at /input${first?.pointer})`;
  throw new Fault('INPUT_INVALID', message, { detail: { errors } });
}
