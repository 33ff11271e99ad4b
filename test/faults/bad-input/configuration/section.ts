/** A section of a configuration file, put into a file that is sound around it. */
import { documentAround, type Fields, type ObjectPlace } from '../definitions/object-place.ts';

export interface Section {
  readonly path: string;
  readonly sound: string | readonly string[];
  readonly fields: Fields;
  readonly twins?: ObjectPlace['twins'];
  readonly excludes?: ObjectPlace['excludes'];
  readonly required?: readonly string[];
  /** Further lines of the file, which say of what kind it is. */
  readonly beside?: string;
}

/** A section at a path of the file: `storage.postgres`, `metrics.alerts[0]`. */
export function section({
  path,
  sound,
  fields,
  twins = [],
  excludes = {},
  required = [],
  beside = '',
}: Section): ObjectPlace {
  const parts = path.split('.');
  const around = parts.map((part, depth) => {
    const indent = '  '.repeat(depth);
    return part.endsWith('[]') ? `${indent}${part.slice(0, -2)}:\n${indent}  -\n` : `${indent}${part}:\n`;
  });
  const depth = parts.length + parts.filter((part) => part.endsWith('[]')).length;
  return {
    title: path,
    pointer: '',
    sound: [sound].flat(),
    fields,
    required,
    twins,
    excludes,
    wrong: path.endsWith('[]')
      ? [
          ['TYPE_WRONG', '«text'],
          ['TYPE_WRONG', '«7'],
        ]
      : [],
    write: documentAround(`${beside}${around.join('')}${'  '.repeat(depth)}@\n`),
  };
}
