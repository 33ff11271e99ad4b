/** The definitions that are measured. Every step is a function that does nothing, so that the engine's share is seen. */
const head = (name: string): string => `apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: ${name}, version: 1.0.0 }
spec:
`;

/** Three steps, each handed the input and the step before. */
export const threeSteps = `${head('three')}  steps:
    - { name: one, type: function, executor: bench, function: step }
    - { name: two, type: function, executor: bench, function: step, input: { order: $.input.order, last: $.one.place } }
    - { name: three, type: function, executor: bench, function: step, input: { last: $.two.place } }
`;

/** Ends in the move that starts it. */
export const oneMapping = `${head('mapping')}  steps:
    - { name: map, type: transform, mapping: { order: $.input.order } }
`;

export const oneLongWait = `${head('sleeper')}  steps:
    - { name: sleep, type: wait, duration: 30d }
    - { name: one, type: function, executor: bench, function: step }
`;

/** One step again and again, until it has been visited too often. */
export const roundAndRound = (visits: number): string => `${head('round')}  steps:
    - { name: turn, type: function, executor: bench, function: step, on_success: turn, max_visits: ${visits} }
`;

/** One step for each item. */
export const itemByItem = `${head('each')}  steps:
    - name: all
      type: loop
      iterate_over: $.input.items
      parallel: true
      batch_size: 100
      steps: [{ name: one, type: function, executor: bench, function: step, input: { item: $.item } }]
`;

export const inputOf = (place: number): { order: string; amount: number; tags: readonly string[] } => ({
  order: `order-${place}`,
  amount: place % 100,
  tags: ['bench', 'three-steps'],
});

/** What the step that does nothing returns. */
export const stepOutput = { place: 1, note: 'done' };

/** Starts of one call where many are sent together. */
export const batchSize = 100;
