import { type Fields, optional, required } from '../fields/field.ts';
import { choice, label } from '../fields/kind.ts';
import { workflowName } from '../fields/name.ts';
import { commonFields } from './step-fields.ts';
import { laterType } from './step-type.ts';

/** `workflow`: runs another workflow as a step. */
export const workflowType = laterType({
  name: 'workflow',
  doc: 'Runs another workflow as a step.',
  common: commonFields,
  own: {
    workflow: required('workflow', workflowName, 'Its name.'),
    version: optional('version', label, 'Default: the active one.'),
    mode: optional('mode', choice('wait', 'detached'), 'Default wait.'),
  } satisfies Fields,
});
