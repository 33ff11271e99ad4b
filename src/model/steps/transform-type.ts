import { template } from '../fields/expression.ts';
import { type Fields, optional } from '../fields/field.ts';
import { record } from '../fields/kind.ts';
import { plainName } from '../fields/name.ts';
import { script } from '../fields/script.ts';
import { purposes } from '../sink.ts';
import { findEntry } from '../yaml/tree.ts';
import { reportExactlyOne } from './basic-types.ts';
import { connectorStep } from './connector.ts';
import { recordedFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** `transform`: makes a value out of others, by expressions or by a script. */
export const transformType = stepType({
  name: 'transform',
  doc: 'Makes a value out of others.',
  common: recordedFields,
  own: {
    mapping: optional('mapping', template(purposes.output), 'An object of expressions, or one expression.'),
    script: optional('script', script, 'JavaScript in a sandbox: the body of a function of `input` and `params`.'),
    params: optional('params', record(plainName, template(purposes.recorded)), 'With `script`: more values for it.'),
  } satisfies Fields,
  draft({ mapping = null, script, params = {} }, { spot, sink }) {
    reportExactlyOne(spot, sink, ['mapping', 'script']);
    const stray = findEntry(spot, 'script') ? undefined : findEntry(spot, 'params');
    if (stray) sink.report('FIELD_CONFLICT', stray, '"params" belongs to "script": a "mapping" reads values itself');
    if (script === undefined) return { build: (common) => ({ ...common, type: 'transform', mapping }) };
    return {
      isCall: true,
      build: (common) =>
        connectorStep(common, 'script', {
          // What would differ from one attempt to the next is written down with the rest.
          request: { input: common.input ?? '$.input', params, at: '${now()}', seed: '${random()}' },
          settings: { script },
          incidental: ['at', 'seed'],
        }),
    };
  },
});
