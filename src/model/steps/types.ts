import { Impossible } from '../../kit/assert.ts';
import { aggregateType } from './aggregate-type.ts';
import { failType, functionType } from './basic-types.ts';
import { conditionType } from './condition-type.ts';
import { databaseType } from './database-type.ts';
import { grpcType } from './grpc-type.ts';
import { httpType } from './http-type.ts';
import { humanTaskType } from './human-task-type.ts';
import { loopType } from './loop-type.ts';
import { notifyType } from './notify-type.ts';
import { parallelType } from './parallel-type.ts';
import { publishType } from './publish-type.ts';
import { containerFields } from './step-fields.ts';
import { type StepType, stepType } from './step-type.ts';
import { transformType } from './transform-type.ts';
import { validateType } from './validate-type.ts';
import { waitType } from './wait-type.ts';
import { webhookType } from './webhook-type.ts';
import { workflowType } from './workflow-type.ts';

/** Every type of step there is. Adding one is a line here and a table. */
export const stepTypes: readonly StepType[] = [
  functionType,
  transformType,
  conditionType,
  parallelType,
  waitType,
  failType,
  httpType,
  grpcType,
  databaseType,
  publishType,
  notifyType,
  webhookType,
  validateType,
  aggregateType,
  loopType,
  workflowType,
  humanTaskType,
];

export const stepTypeNames: readonly string[] = stepTypes.flatMap((type) => [type.name, ...type.aliases]);

const byName: ReadonlyMap<string, StepType> = new Map(
  stepTypes.flatMap((type) => [type.name, ...type.aliases].map((name) => [name, type] as const)),
);

export const findStepType = (name: string): StepType | undefined => byName.get(name);

/** How a step is read whose type is missing or unknown: its own fields cannot be judged, the common ones can. */
export const untypedStep: StepType = untyped();

/** A step without a type is told as an error, and where there is one nothing is built. */
export function unbuildable(): never {
  throw new Impossible('a step without a type was built');
}

function untyped(): StepType {
  const known = stepType({
    name: 'step',
    doc: '',
    common: containerFields,
    own: {},
    inheritsRetry: true,
    draft: () => ({ build: unbuildable }),
  });
  return {
    ...known,
    read(spot, sink) {
      const names = new Set(Object.values(known.fields).flatMap((field) => field.names));
      const { node } = spot;
      if (node.kind !== 'map') return known.read(spot, sink);
      return known.read(
        { ...spot, node: { ...node, entries: node.entries.filter((entry) => names.has(entry.key)) } },
        sink,
      );
    },
  };
}
