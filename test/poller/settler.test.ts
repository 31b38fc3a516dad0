import { describe, expect, test } from '@jest/globals';
import { DocjobError, type Disposition } from '../../lib/domain/docjob-error.js';
import {
  after,
  before,
  between,
  millis,
  seconds,
  type EpochMs,
  type Millis,
} from '../../lib/domain/units.js';
import { SETTLE_TIME } from '../../lib/poller/budget.js';
import { LINGER, Settler } from '../../lib/poller/settler.js';
import type { JobLease, Outcome, Settlement, SettleResult } from '../../lib/queue/pending-queue.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { deferred } from '../support/deferred.js';
import { MemoryQueue } from '../support/memory-queue.js';
import { aPendingJob } from '../support/pending-jobs.js';
import { START, VirtualClock } from '../support/virtual-clock.js';
import { untilIdle } from './run-setting.js';

const lookAgain: Outcome = { kind: 'look-again', delay: millis(0) };
const until = after(START, seconds(60));
const budget = { workUntil: before(until, SETTLE_TIME), lookTime: seconds(10) };

const aSettlement = (number: number, changes: Partial<Settlement> = {}): Settlement => ({
  lease: aLease(number),
  outcome: lookAgain,
  ...changes,
});

const aLease = (number: number, leaseUntil = until): JobLease => ({
  kind: 'job',
  id: `m${number}`,
  firstSeenAt: START,
  until: leaseUntil,
  job: aPendingJob(number),
});

/** A clock whose timers ring when the test says so. */
class RingingClock extends VirtualClock {
  readonly timers: { readonly delay: Millis; readonly signal: AbortSignal; readonly ring: () => void }[] = [];

  override sleep(delay: Millis, signal = new AbortController().signal): Promise<void> {
    return new Promise((ring, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      this.timers.push({ delay, signal, ring });
    });
  }

  /** What has not been cancelled. */
  get open(): readonly Millis[] {
    return this.timers.filter(({ signal }) => !signal.aborted).map(({ delay }) => delay);
  }

  async ring(): Promise<void> {
    for (const { ring } of this.timers) ring();
    await untilIdle();
  }
}

interface Setting {
  readonly settler: Settler;
  readonly clock: RingingClock;
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
  const clock = new RingingClock();
  return { settler: new Settler({ queue, clock, log }, budget), clock, batches, lines };
}

async function addAll(settler: Settler, count: number): Promise<SettleResult[]> {
  const results: SettleResult[] = [];
  for (let number = 1; number <= count; number += 1)
    await settler.add({ settlement: aSettlement(number), onSettled: (result) => results.push(result) });
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

  test('of each kind have batches of their own, since each kind is a call of its own', async () => {
    const { settler, batches } = setUp();
    for (let number = 1; number <= 18; number += 1) {
      const outcome: Outcome = number % 2 === 0 ? { kind: 'done' } : lookAgain;
      await settler.add({ settlement: aSettlement(number, { outcome }), onSettled: () => undefined });
    }
    expect(batches).toEqual([]);
    await settler.flush();
    expect(batches).toEqual([9, 9]);
  });

  test('that are too few for a batch go a short time after the first of them', async () => {
    const { settler, batches, clock } = setUp();
    await addAll(settler, 2);
    expect([clock.open, batches]).toEqual([[LINGER], []]);
    // One for all of them.
    expect(clock.timers).toHaveLength(1);
    await clock.ring();
    expect([clock.open, batches]).toEqual([[], [2]]);
  });

  test('leave no timer behind once they are on their way', async () => {
    const { settler, batches, clock } = setUp();
    await addAll(settler, 10);
    expect(clock.open).toEqual([]);
    await addAll(settler, 1);
    await settler.flush();
    expect(clock.open).toEqual([]);
    await clock.ring();
    expect(batches).toEqual([10, 1]);
  });

  test('are sent once when the timer rings at the moment that the last one comes', async () => {
    const { settler, batches, clock } = setUp();
    await addAll(settler, 9);
    const ringing = clock.ring();
    await addAll(settler, 1);
    await addAll(settler, 1);
    await ringing;
    await settler.flush();
    expect(batches).toEqual([10, 1]);
  });

  test.each<[what: string, leaseUntil: EpochMs, expected: number]>([
    ['the time to settle before the end of their lease', after(START, millis(SETTLE_TIME + 50)), 50],
    ['nothing, where that has come', after(START, millis(SETTLE_TIME - 50)), 0],
    ['the usual time, where that is far away', until, LINGER],
  ])('wait no longer than for %s', async (_what, leaseUntil, expected) => {
    const { settler, clock } = setUp();
    await addAll(settler, 1);
    await settler.add({
      settlement: aSettlement(2, { lease: aLease(2, leaseUntil) }),
      onSettled: () => undefined,
    });
    await addAll(settler, 1);
    expect(clock.open).toEqual([expected]);
  });

  test('wait for nothing once the time for work is over', async () => {
    const { settler, clock } = setUp();
    clock.advance(between(START, budget.workUntil));
    await addAll(settler, 1);
    expect(clock.open).toEqual([0]);
  });

  test('are under way in sixteen batches at most, and a flush waits for all of them', async () => {
    const queue = new MemoryQueue([]);
    const settle = queue.settle.bind(queue);
    const goOn = deferred<undefined>();
    let [underWay, most] = [0, 0];
    queue.settle = async (settlements) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await goOn.promise;
      underWay -= 1;
      return settle(settlements);
    };
    const { settler } = setUp(queue);
    let count = 0;
    for (let number = 1; number <= 205; number += 1)
      void settler.add({ settlement: aSettlement(number), onSettled: () => (count += 1) });
    await untilIdle();
    expect([most, count]).toEqual([16, 0]);
    const flushed = settler.flush();
    goOn.resolve(undefined);
    await flushed;
    expect([most, count]).toEqual([16, 205]);
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
