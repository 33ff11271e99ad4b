import { type Fields, optional, required } from '../fields/field.ts';
import { type Kind, label, list, record, reportType, text } from '../fields/kind.ts';
import { plainName, workflowName } from '../fields/name.ts';
import { didYouMean } from '../suggest.ts';
import { textOf } from '../yaml/tree.ts';

/** What every document says about itself. */
export const apiVersions = ['workflow.magic-flow.io/v2', 'magicflow.io/v2'] as const;

export const apiVersion: Kind<string> = {
  expected: `one of ${apiVersions.join(', ')}`,
  read(spot, sink) {
    const found = textOf(spot);
    if (found === undefined) return reportType(spot, sink, apiVersion.expected);
    if (apiVersions.some((each) => each === found)) return found;
    sink.report(
      'API_VERSION_UNKNOWN',
      spot,
      `the apiVersion "${found}" is not known: write ${apiVersions[0]}${didYouMean(found, apiVersions)}`,
    );
    return undefined;
  },
  schema: () => ({ enum: apiVersions }),
};

const versionPattern = /^v?(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})$/;

/** `1.2.3` or `v1.2.3`; the same version, `1.2.3` in normal form. */
export const version: Kind<string> = {
  expected: 'three numbers like 1.0.0 or v1.0.0',
  read(spot, sink) {
    const { node } = spot;
    const found = textOf(spot);
    if (found !== undefined && versionPattern.test(found)) return found.replace(/^v/, '');
    const shown = node.kind === 'scalar' ? String(node.value) : `a ${node.kind}`;
    sink.report('VERSION_INVALID', spot, `the version must be ${version.expected}, it is ${shown}`);
    return undefined;
  },
  schema: () => ({ type: 'string', pattern: versionPattern.source }),
};

/** Labels may have dots and slashes; names that reach prototypes are refused like everywhere. */
const labelName: Kind<string> = {
  ...plainName,
  read(spot, sink) {
    const found = textOf(spot) ?? '';
    return /^[\w./-]{1,253}$/.test(found) && found !== 'constructor' && found !== 'prototype'
      ? found
      : plainName.read(spot, sink);
  },
};

const described = {
  description: optional('description', text, 'For people.'),
  tags: optional('tags', list(text, { max: 100 }), 'For lists and filters.'),
  owner: optional('owner', text, 'Who answers for it.'),
  createdBy: optional('created_by', text, 'Who or what made it.'),
  labels: optional('labels', record(labelName, label), 'For programs that choose.'),
  annotations: optional('annotations', record(labelName, label), 'For programs that read.'),
} satisfies Fields;

export const workflowMetadata = {
  name: required('name', workflowName, 'The name of the workflow.'),
  version: required('version', version, 'A version never changes; raise it for new content.'),
  ...described,
} satisfies Fields;

export const contextMetadata = {
  name: required('name', workflowName, 'The name of the workflow, with or without "-context".'),
  version: optional('version', version, 'The version of the workflow it belongs to.'),
  ...described,
} satisfies Fields;
