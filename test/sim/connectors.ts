/** What the server's own steps reach in a simulation: the same target, weather and whims as functions of this process. */
import type { Json } from '../../src/kit/json.ts';
import type { Connector, Connectors } from '../../src/steps/connector.ts';
import { connectorNames } from './generate-external.ts';
import { type LocalDeps, localFunction } from './local-functions.ts';

export function openSimConnectors(deps: LocalDeps): Connectors {
  const work = localFunction(deps);
  const run: Connector['run'] = async (call) => {
    deps.tally.saw('step of the server');
    return (await work(call.request, call)) as Json;
  };
  return Object.fromEntries(connectorNames.map((name) => [name, { run }]));
}
