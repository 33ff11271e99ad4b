/** The whole corpus, by subject: every case is one request and the one right answer to it. */
import { type BadCase, openWriter } from './bad-case.ts';
import { definitionCases } from './definition-cases.ts';
import { badDefinitions } from './definitions/bad-definitions.ts';
import { unknownLeaseCases } from './lease-cases.ts';
import { bodyCases } from './requests/body-cases.ts';
import { bulkCases } from './requests/bulk-cases.ts';
import { hostileCases } from './requests/hostile-cases.ts';
import { inputCases } from './requests/input-cases.ts';
import { idCases, methodCases, partCases, routeCases } from './requests/path-cases.ts';
import { queryCases } from './requests/query-cases.ts';
import {
  lengthCases,
  operationCases,
  pageCases,
  rerunCases,
  startCases,
  versionCases,
  workspaceCases,
} from './requests/state-cases.ts';
import type { Scene } from './scene.ts';
import { type GuardedRoute, pathOf, tokenCases } from './token-cases.ts';

export type Corpus = Readonly<Record<string, readonly BadCase[]>>;

/** `routes` are the router's own, public ones included. */
export function corpusFor(scene: Scene, routes: readonly GuardedRoute[]): Corpus {
  const { standing, tokens } = scene;
  const writer = openWriter(tokens.admin);
  const addresses = { workflow: 'orders', execution: standing.paused };
  return {
    'hostile bodies': hostileCases(writer),
    definitions: definitionCases(writer, badDefinitions()),
    tokens: tokenCases(
      scene,
      routes.filter(({ permission }) => permission !== 'public'),
    ),
    bodies: bodyCases(writer, addresses),
    'queries and headers': queryCases(writer, addresses),
    'ids and paths': [
      ...idCases(writer),
      ...partCases(writer, addresses),
      ...routeCases(writer),
      ...methodCases(writer, methodsByPath(routes, standing.running)),
    ],
    inputs: inputCases(writer),
    states: [
      ...operationCases(writer, standing),
      ...rerunCases(writer, standing),
      ...bulkCases(writer),
      ...versionCases(writer),
      ...startCases(writer),
      ...workspaceCases(writer),
      ...lengthCases(writer),
      ...pageCases(writer, standing),
    ],
    'unknown leases': unknownLeaseCases(writer),
  };
}

/** The methods of every path there is, at an address that no other route answers to. */
function methodsByPath(routes: readonly GuardedRoute[], execution: string): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, string[]>();
  // `validate` would be the name of a workflow under the other methods.
  for (const { method, url } of routes.filter(({ url }) => url !== '/api/v1/workflows/validate')) {
    const path = pathOf(url, execution);
    const known = methods.get(path) ?? [];
    methods.set(path, [...known, method]);
  }
  return methods;
}
