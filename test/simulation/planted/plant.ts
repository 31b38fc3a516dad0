import { bundleSimulation, runInWorker } from '../run-in-worker.js';
import type { Statistics } from '../statistics.js';
import type { PlantedBug } from './catalogue.js';

/** The first seed that a planted bug fails at, and what it breaks there; undefined when it was not found within its number of seeds. */
export async function plant(bug: PlantedBug): Promise<Statistics['failures'][number] | undefined> {
  const script = await bundleSimulation(bug);
  const failures: Statistics['failures'] = [];
  const task = {
    world: bug.world ?? 'sqs',
    firstSeed: bug.firstSeed ?? 1,
    step: 1,
    count: bug.within,
    stopsAtFailure: true,
  } as const;
  await runInWorker(script, task, (more) => {
    failures.push(...more.failures);
  }).ended;
  return failures[0];
}
