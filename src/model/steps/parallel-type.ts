import { present } from '../../kit/assert.ts';
import type { Branch } from '../definition.ts';
import { template } from '../fields/expression.ts';
import { type Fields, object, optional, type Read, required } from '../fields/field.ts';
import { boolean, choice, either, integer, type Kind, list } from '../fields/kind.ts';
import { plainName } from '../fields/name.ts';
import { branchesMax } from '../limits.ts';
import { purposes, type Sink } from '../sink.ts';
import { findEntry, isList, type Spot, textOf } from '../yaml/tree.ts';
import type { Finish } from './draft.ts';
import { containerFields } from './step-fields.ts';
import { stepList } from './step-list.ts';
import { stepType } from './step-type.ts';

/** `parallel`: branches side by side. (`condition` has a file of its own.) */
const branchFields = {
  name: required('name', plainName, 'The name of the branch, unique among its neighbours.'),
  steps: required('steps', stepList, 'What the branch runs.'),
  output: optional(
    'output',
    template(purposes.containerOutput),
    "The branch's result. Default: its last completed step's output.",
  ),
} satisfies Fields;

type ReadBranch = Read<typeof branchFields>;

const waitFor: Kind<'all' | 'any' | number> = either(
  (spot) => textOf(spot) !== undefined,
  choice('all', 'any'),
  integer({ min: 1, max: branchesMax }),
);

const parallelFields = {
  branches: required(
    'branches',
    list(object('a branch', branchFields), { min: 1, max: branchesMax }),
    'What runs side by side.',
  ),
  failFast: optional('fail_fast', boolean, 'Cancel the other branches when one fails. Default true.'),
  waitFor: optional('wait_for', waitFor, 'How many branches must end: all, any, or a number. Default all.'),
} satisfies Fields;

export const parallelType = stepType({
  name: 'parallel',
  doc: 'Runs branches side by side and joins them.',
  common: containerFields,
  own: parallelFields,
  draft(own, { spot, sink }) {
    const branches = own.branches ?? [];
    reportBranchNames(spot, sink);
    if (typeof own.waitFor === 'number' && own.branches && own.waitFor > branches.length) {
      sink.report(
        'VALUE_INVALID',
        findEntry(spot, 'wait_for') ?? spot,
        `"wait_for" is ${own.waitFor}, but there are ${branches.length} branches`,
      );
    }
    return {
      lists: branches.flatMap((branch) => branch.steps ?? []),
      build: (common, finish) => ({
        ...common,
        type: 'parallel',
        branches: branches.map((branch) => buildBranch(branch, finish)),
        failFast: own.failFast ?? true,
        waitFor: own.waitFor ?? 'all',
      }),
    };
  },
});

function buildBranch({ name, steps, output }: ReadBranch, finish: Finish): Branch {
  const list = finish.list(present(steps, 'steps of a branch'));
  return { name: present(name, 'name of a branch'), list, ...(output === undefined ? {} : { output }) };
}

function reportBranchNames(spot: Spot, sink: Sink): void {
  const branches = findEntry(spot, 'branches');
  if (branches === undefined || !isList(branches)) return;
  const seen = new Set<string>();
  branches.node.items.forEach((node, index) => {
    const entry = findEntry({ node, parent: branches, key: index }, 'name');
    const name = entry && textOf(entry);
    if (entry === undefined || name === undefined) return;
    if (seen.has(name)) sink.report('NAME_DUPLICATE', entry, `two branches are called "${name}": rename one`);
    seen.add(name);
  });
}
