import { present } from '../../kit/assert.ts';
import { version } from '../documents/metadata.ts';
import { type Fields, optional, required } from '../fields/field.ts';
import { choice } from '../fields/kind.ts';
import { workflowName } from '../fields/name.ts';
import { purposes, type Sink } from '../sink.ts';
import { findEntry } from '../yaml/tree.ts';
import { commonFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** `workflow`: runs another workflow as a step. */
export const workflowType = stepType({
  name: 'workflow',
  doc: 'Runs another workflow as an execution of its own.',
  common: commonFields,
  own: {
    workflow: required('workflow', workflowName, 'Its name, or its alias under `includes`.'),
    version: optional('version', version, 'Which one. Default: the one that is active when the step runs.'),
    mode: optional(
      'mode',
      choice('wait', 'detached'),
      'Whether the step waits for its end, or goes on once it has started. Default wait.',
    ),
    onParentCancel: optional(
      'on_parent_cancel',
      choice('cancel', 'abandon'),
      'What becomes of it when this execution is cancelled. Default cancel.',
    ),
  } satisfies Fields,
  draft({ workflow, version: number, mode, onParentCancel }, { spot, sink }) {
    const place = findEntry(spot, 'workflow');
    const isDetached = mode === 'detached';
    if (place && workflow !== undefined) sink.calls.push({ workflow, version: number, isDetached, spot: place });
    reportSecrets(sink);
    return {
      build: (common) => ({
        ...common,
        type: 'workflow',
        workflow: present(workflow, 'workflow'),
        ...(number === undefined ? {} : { version: number }),
        ...(isDetached ? { mode: 'detached' } : {}),
        ...(onParentCancel === 'abandon' ? { onParentCancel: 'abandon' } : {}),
      }),
    };
  },
});

/** The input of an execution is recorded and read by conditions: no place for a secret, which the other workflow can read itself. */
function reportSecrets(sink: Sink): void {
  for (const { purpose, references, spot } of sink.uses) {
    if (purpose !== purposes.input || !references.some(({ path: [root] }) => root === 'secrets')) continue;
    const message = 'a secret may not be given to a workflow: let the step in it that needs it read `$.secrets` itself';
    sink.report('SECRET_MISPLACED', spot, message);
  }
}
