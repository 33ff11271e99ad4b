/** Three durable steps as a Restate service; the Restate server calls it over HTTP. Reports once it listens. */
import * as restate from '@restatedev/restate-sdk';
import { readJob, report } from '../support/program.ts';
import { stepOutput } from '../support/workflows.ts';

const { port } = readJob();
const three = restate.service({
  name: 'three',
  handlers: {
    run: async (ctx, { order }) => {
      const one = await ctx.run('one', () => ({ ...stepOutput, input: { order } }));
      const two = await ctx.run('two', () => ({ ...stepOutput, input: { order, last: one.place } }));
      return await ctx.run('three', () => ({ ...stepOutput, input: { last: two.place } }));
    },
  },
});
await restate.serve({ services: [three], port });
report('listening');
