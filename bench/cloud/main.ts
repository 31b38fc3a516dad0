import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud } from '../../local/cloud.js';
import type { CloudAnswers, CloudCommand, CloudReady, CloudRequest, CloudResponse } from './messages.js';
import { Stock } from './stock.js';

/** The process that holds the embedded cloud for a benchmark: it answers the contestants over HTTP, and the bench over Node's own channel. */

/** More than any load: jobs must not wait for each other here. */
const NO_LIMIT = 10_000_000;

const root = await mkdtemp(join(tmpdir(), 'docjob-bench-'));
const cloud = await startCloud({ root, maxConcurrentJobs: NO_LIMIT, maxQueuedJobs: NO_LIMIT });
const stock = await Stock.open(cloud);

process.on('message', (request: CloudRequest) => {
  void answer(request);
});
// The bench has ended, well or not: so do we.
process.on('disconnect', () => {
  void cloud
    .close()
    .then(() => rm(root, { recursive: true, force: true }))
    .then(() => process.exit(0));
});
const ready: CloudReady = {
  origin: cloud.origin,
  env: { sqs: stock.environment('sqs'), bucket: stock.environment('bucket') },
};
process.send?.(ready);

async function answer({ id, command }: CloudRequest): Promise<void> {
  let response: CloudResponse;
  try {
    response = { id, result: await perform(command) };
  } catch (error) {
    response = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send?.(response);
}

async function perform(command: CloudCommand): Promise<CloudAnswers[CloudCommand['kind']]> {
  switch (command.kind) {
    case 'fill': {
      const ids = await stock.make(command.jobs, command.pages);
      if (command.queue !== 'none') await stock.enqueue(ids, command.queue);
      return ids;
    }
    case 'check':
      return stock.check(command.jobIds, command.queue);
    case 'read-manifest':
      return stock.readManifest(command.jobId);
    case 'usage':
      return stock.usage();
    case 'forget':
      cloud.control.statistics.reset();
      return null;
    case 'requests': {
      const { statistics } = cloud.control;
      return { requests: statistics.requests(), peakInFlight: statistics.peakInFlight };
    }
  }
}
