import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { heldJobs } from '../../lib/queue/bucket-contents.js';
import type { HeldJob } from '../../lib/queue/queue-contents.js';
import { minutes } from '../../lib/domain/units.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { EmbeddedBucket, PENDING } from './embedded-bucket.js';

describe('the pending jobs in a bucket', () => {
  let embedded: EmbeddedBucket;

  beforeEach(async () => {
    embedded = await EmbeddedBucket.start();
  });

  afterEach(() => embedded.close());

  async function readAll(signal = new AbortController().signal): Promise<readonly HeldJob[]> {
    const options = { queue: PENDING, defaults: SOURCE, client: embedded.clientPolicy };
    const held: HeldJob[] = [];
    for await (const job of heldJobs(options, embedded.effects, signal)) held.push(job);
    return held;
  }

  test('are told with their names and the earlier of what they claim and when they were stored', async () => {
    const names = ['d1', `d2~n~1~f.${START - 5_000}`, `d3~n~1~f.${START + 5_000}`, 'note.txt'];
    for (const name of names) await embedded.put(name);
    embedded.clock.advance(minutes(1));
    const job = (jobId: string): object => ({
      kind: 'job',
      job: expect.objectContaining({ ...SOURCE, jobId }),
    });
    expect(await readAll()).toEqual([
      { id: names[0], content: job('d1'), firstSeenAt: START },
      { id: names[1], content: job('d2'), firstSeenAt: START - 5_000 },
      { id: names[2], content: job('d3'), firstSeenAt: START },
      {
        id: names[3],
        content: { kind: 'not-a-job', problem: expect.stringContaining('"note.txt"') },
        firstSeenAt: START,
      },
    ]);
    expect(await embedded.names()).toEqual(names);
  });

  test('cannot be told where the listing is refused, and the error names the queue', async () => {
    embedded.cloud.control.deny({ operation: 'GetBucket' });
    await expect(readAll()).rejects.toMatchObject({
      name: 'QueueError',
      code: 'queue-access-denied',
      message: expect.stringContaining(`listing ${PENDING.url} failed`),
    });
  });

  test('are told no further once the signal aborts', async () => {
    await embedded.put('d1');
    const reason = new Error('enough');
    await expect(readAll(AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
