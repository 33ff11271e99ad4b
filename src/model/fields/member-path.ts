import type { Sink } from '../sink.ts';
import { nameOf, type Spot, shorten, textOf } from '../yaml/tree.ts';
import { type Kind, reportType } from './kind.ts';

/** Names of members, from an item inward, with dots between them: `total`, `customer.address.country`. */
const namesInside = /^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*$/;

/** Characters of such a path. */
const lengthMax = 200;

export const memberPath: Kind<string> = {
  expected: 'the name of a member, like total or customer.country',
  read(spot: Spot, sink: Sink) {
    const found = textOf(spot);
    if (!found) return reportType(spot, sink, memberPath.expected);
    if (found.length <= lengthMax && namesInside.test(found)) return found;
    sink.report('VALUE_INVALID', spot, `"${nameOf(spot)}": "${shorten(found)}" must be ${memberPath.expected}`);
    return undefined;
  },
  schema: () => ({ type: 'string', pattern: namesInside.source, maxLength: lengthMax }),
};

/** What the result calls the value at a path: the last of its names. */
export const lastName = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
