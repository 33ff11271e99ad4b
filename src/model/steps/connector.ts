import type { Json, JsonObject } from '../../kit/json.ts';
import type { ConnectorStep, StepCommon } from '../definition.ts';

/** What a type of step that the server carries out itself makes of its fields. Absent members are left out. */
export interface ConnectorParts {
  /** Templates: what the connector gets, taken when the step is scheduled. */
  readonly request: { readonly [member: string]: Json | undefined };
  /** As written: what needs no expression, and texts that the connector compiles itself. */
  readonly settings?: { readonly [member: string]: Json | undefined };
  /** A template: what the step's circuit breaker watches, an address or a name. */
  readonly target?: Json | undefined;
  /** Members of the request that do not tell one call from another. */
  readonly incidental?: readonly string[];
}

/** The normal form. The step's `input` is a part of the request, wherever the type puts it. */
export function connectorStep(
  { input: _placed, ...common }: StepCommon,
  connector: string,
  { request, settings = {}, target, incidental }: ConnectorParts,
): ConnectorStep {
  return {
    ...common,
    type: 'connector',
    connector,
    request: present(request),
    settings: present(settings),
    ...(target === undefined ? {} : { target }),
    ...(incidental === undefined ? {} : { incidental }),
  };
}

function present(members: { readonly [member: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonObject;
}
