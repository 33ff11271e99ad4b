import type { Json } from '../../../kit/json.ts';

/** Reads a PostgreSQL array (`{1,NULL,"a \"b\""}`, lists in lists, with bounds before or without) by its items' reader. */
export function readArray(literal: string, readItem: (text: string) => Json): Json {
  const tokens = literal.slice(literal.indexOf('{')).matchAll(/[{}]|"((?:[^"\\]|\\[\s\S])*)"|[^{},"]+/g);
  const outer: Json[] = [];
  const open: Json[][] = [outer];
  for (const [token, quoted] of tokens) {
    const innermost = open.at(-1) ?? outer;
    if (token === '{') {
      const list: Json[] = [];
      innermost.push(list);
      open.push(list);
    } else if (token === '}') open.pop();
    else if (quoted !== undefined) innermost.push(readItem(quoted.replace(/\\([\s\S])/g, '$1')));
    else innermost.push(token === 'NULL' ? null : readItem(token));
  }
  return outer[0] ?? [];
}
