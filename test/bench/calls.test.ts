import { expect, test } from '@jest/globals';
import { countCalls } from '../../bench/calls.js';
import { QUEUE_WORLDS } from '../../bench/queue-worlds.js';

const JOBS = 45;

test.each(QUEUE_WORLDS.map((world) => [world.name, world] as const))(
  'counts every request of a stream of jobs with a queue of %s, from the submission to the last manifest',
  async (_name, world) => {
    const { calls, runs, logBytes } = await countCalls(world, JOBS, 1);
    // Forty-five documents, one every two seconds, are submitted in the first two ticks.
    expect(runs).toMatchObject({ submit: 2 });
    expect(calls['ci']).toMatchObject({ CreateDocProcessJobs: JOBS });
    // A look at each at least, and a probe in each run.
    expect(calls['ci']?.['DescribeDocProcessJob']).toBeGreaterThanOrEqual(JOBS + runs.poll);
    const puts = world.name === 'bucket' ? 2 : 1;
    expect(calls['cos']?.['PutObject']).toBeGreaterThanOrEqual(puts * JOBS);
    expect(calls['cos']?.['PutObject']).toBeLessThanOrEqual(puts * JOBS + runs.poll);
    expect(logBytes).toBeGreaterThan(0);
  },
);
