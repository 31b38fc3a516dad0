import { describe, expect, test } from '@jest/globals';
import { DocjobError, type Disposition } from '../../lib/domain/docjob-error.js';
import { millis } from '../../lib/domain/units.js';
import { Settler } from '../../lib/poller/settler.js';
import type { Settlement, SettleResult } from '../../lib/queue/pending-queue.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { MemoryQueue } from '../support/memory-queue.js';
import { aPendingJob } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

const aSettlement = (number: number): Settlement => ({
  lease: { kind: 'job', id: `m${number}`, firstSeenAt: START, until: START, job: aPendingJob(number) },
  outcome: { kind: 'look-again', delay: millis(0) },
});

interface Setting {
  readonly settler: Settler;
  /** The sizes of the batches that the queue was given. */
  readonly batches: number[];
  readonly lines: Record<string, unknown>[];
}

function setUp(queue = new MemoryQueue([])): Setting {
  const batches: number[] = [];
  const lines: Record<string, unknown>[] = [];
  const settle = queue.settle.bind(queue);
  queue.settle = (settlements) => {
    batches.push(settlements.length);
    return settle(settlements);
  };
  const log = jsonLog({
    level: 'debug',
    now: () => START,
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>), // our own log's lines are objects
  });
  return { settler: new Settler(queue, log), batches, lines };
}

async function addAll(settler: Settler, count: number): Promise<SettleResult[]> {
  const results: SettleResult[] = [];
  for (let number = 1; number <= count; number += 1)
    await settler.add(aSettlement(number), (result) => results.push(result));
  return results;
}

const failingWith = (error: DocjobError): MemoryQueue =>
  Object.assign(new MemoryQueue([]), { settleError: error });

describe('settlements', () => {
  test.each([
    [9, []],
    [10, [10]],
    [11, [10]],
    [20, [10, 10]],
  ])('%d of them are sent in full batches of ten at once, the others with the flush', async (count, full) => {
    const { settler, batches } = setUp();
    const results = await addAll(settler, count);
    expect(batches).toEqual(full);
    expect(results).toHaveLength(10 * full.length);
    await settler.flush();
    expect(results.map(({ settlement }) => settlement.lease.id)).toEqual(
      Array.from({ length: count }, (_, index) => `m${index + 1}`),
    );
  });

  test('a flush costs no call when nothing waits', async () => {
    const { settler, batches } = setUp();
    await addAll(settler, 1);
    await settler.flush();
    await settler.flush();
    expect(batches).toEqual([1]);
  });

  test('one that a queue tells of without having been given it does no harm', async () => {
    const queue = new MemoryQueue([]);
    const settle = queue.settle.bind(queue);
    queue.settle = (settlements) => settle([aSettlement(7), ...settlements]);
    const { settler } = setUp(queue);
    const results = await addAll(settler, 1);
    await settler.flush();
    expect(results).toEqual([expect.objectContaining({ settlement: aSettlement(1), ok: true })]);
  });
});

describe('a settlement that fails', () => {
  test('is told to whoever added it, and logged with what it takes to ask the service about it', async () => {
    const error = new DocjobError('queue-busy', 'not now', { disposition: 'transient', requestId: 'NjA=' });
    const { settler, lines } = setUp(failingWith(error));
    const results = await addAll(settler, 1);
    await settler.flush();
    expect(results).toEqual([{ settlement: aSettlement(1), ok: false, error }]);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        event: 'settle-failed',
        lease: 'm1',
        outcome: 'look-again',
        code: 'queue-busy',
        message: 'not now',
        requestId: 'NjA=',
      }),
    ]);
  });

  test.each<[Disposition, boolean]>([
    ['configuration', true],
    ['credentials', true],
    ['transient', false],
    ['throttled', false],
    ['skewed', false],
    ['job', false],
  ])('for a reason of %s: that it is a failure of the run is %s', async (disposition, isFailure) => {
    const error = new DocjobError('queue-broken', 'no', { disposition });
    const { settler } = setUp(failingWith(error));
    await addAll(settler, 1);
    await settler.flush();
    expect(settler.failure).toBe(isFailure ? error : undefined);
  });

  test('first is the one that the run fails with', async () => {
    const [first, second] = ['first', 'second'].map(
      (code) => new DocjobError(code, 'no', { disposition: 'configuration' }),
    );
    const queue = new MemoryQueue([]);
    const { settler } = setUp(queue);
    for (const error of [first, second]) {
      queue.settleError = error;
      await addAll(settler, 1);
      await settler.flush();
    }
    expect(settler.failure).toBe(first);
  });

  test.each<[what: string, thrown: Error, code: string, message: string, disposition: Disposition]>([
    [
      'an error of ours as it is',
      new DocjobError('queue-gone', 'no queue', { disposition: 'job' }),
      'queue-gone',
      'no queue',
      'job',
    ],
    ['a bug as one', new RangeError('a bug'), 'unexpected', 'a bug', 'configuration'],
    // As only a faulty adapter could.
    ['what is no error at all', 'a text' as unknown as Error, 'unexpected', 'not an error', 'configuration'],
  ])(
    'because the queue throws is told of for each: %s',
    async (_what, thrown, code, message, disposition) => {
      const queue = new MemoryQueue([]);
      queue.settle = () => Promise.reject(thrown);
      const { settler } = setUp(queue);
      const results = await addAll(settler, 2);
      await settler.flush();
      const error: unknown = expect.objectContaining({ code, message, disposition });
      expect(results).toEqual([1, 2].map((n) => ({ settlement: aSettlement(n), ok: false, error })));
      if (code === 'unexpected') expect(settler.failure?.cause).toBe(thrown);
    },
  );
});
