import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isAfter } from '../../lib/cos/list-objects.js';
import type { CosRequester } from '../../lib/cos/requester.js';
import {
  after,
  before,
  days,
  epochMs,
  millis,
  minutes,
  seconds,
  type EpochMs,
} from '../../lib/domain/units.js';
import { formatCheckpoint, parseCheckpoint, type Claim } from '../../lib/queue/bucket-checkpoint.js';
import { BucketReader } from '../../lib/queue/bucket-reader.js';
import type { Lease } from '../../lib/queue/pending-queue.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { PENDING } from './embedded-bucket.js';
import { MemoryObjects } from './memory-objects.js';

const FAR = after(START, days(1_000));

/** A backlog of jobs that were put in long ago, each with look times of its own, and the looks that each has had. */
class Backlog {
  now: EpochMs = START;
  /** How many seconds the clocks behind the answers are behind, in turn. */
  lags: readonly number[] = [0];
  readonly objects: MemoryObjects;
  readonly looks = new Map<string, EpochMs[]>();
  readonly #lookTimes: ReadonlyMap<string, readonly EpochMs[]>;

  constructor(lookTimes: ReadonlyMap<string, readonly EpochMs[]>, pageLength: number) {
    this.#lookTimes = lookTimes;
    let answers = 0;
    this.objects = new MemoryObjects(pageLength, () => {
      answers += 1;
      return before(this.now, seconds(this.lags[answers % this.lags.length] ?? 0));
    });
    // Long before the first pass: the first look is not what is tested here.
    for (const name of lookTimes.keys())
      this.objects.modified.set(PENDING.prefix + name, before(START, days(9)));
  }

  reader(): BucketReader {
    const nextLook = ({ seed }: { readonly seed: string }, since: EpochMs): EpochMs =>
      this.#lookTimes.get(seed)?.find((at) => at > since) ?? FAR;
    return new BucketReader({ queue: PENDING, defaults: SOURCE, nextLook }, this.objects);
  }

  look(lease: Lease): void {
    const name = decodeURI(lease.id).slice(PENDING.prefix.length);
    this.looks.set(name, [...(this.looks.get(name) ?? []), this.now]);
  }

  store(claim: Claim | undefined): void {
    if (claim !== undefined) this.objects.checkpoint = formatCheckpoint(claim, PENDING.prefix);
  }

  /** Look times that a claim says were served, and that were not. */
  untrue({ since, pass }: Claim): readonly string[] {
    return [...this.#lookTimes].flatMap(([name, times]) => {
      const isBehind = pass !== undefined && !isAfter(PENDING.prefix + name, pass.after);
      const upTo = isBehind ? pass.startedAt : since;
      const lastLook = this.looks.get(name)?.at(-1) ?? 0;
      return times.filter((at) => at <= upTo && at > lastLook).map((at) => `${name} at ${at - START}`);
    });
  }
}

const request = (max: number) => ({ max, holdUntil: FAR, wait: seconds(0) });

/** Leases up to a limit and looks at what chance picks; the others are left unsettled, as by a run whose time is up. */
async function runOnce(
  backlog: Backlog,
  run: {
    readonly limit: number;
    readonly chunk: number;
    readonly skips: readonly number[];
    readonly secondsALease?: number;
  },
): Promise<BucketReader> {
  const { limit, chunk, skips, secondsALease = 0 } = run;
  const reader = backlog.reader();
  let leased = 0;
  while (leased < limit) {
    const leases = await reader.lease(request(Math.min(chunk, limit - leased)));
    if (leases.length === 0) break;
    for (const lease of leases) {
      leased += 1;
      if (skips.includes(leased)) continue;
      backlog.look(lease);
      reader.looked(lease);
    }
    backlog.now = after(backlog.now, seconds(secondsALease));
  }
  return reader;
}

const aName = fc.oneof(
  fc.stringMatching(/^d[0-9a-f]{1,3}$/),
  fc.constantFrom('\uFF01.txt', '\u{1F600}.txt', 'sub/x'),
);
const aBacklog = fc.record({
  names: fc.uniqueArray(aName, { minLength: 1, maxLength: 12 }),
  lookTimes: fc.array(fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 6 }), {
    minLength: 12,
    maxLength: 12,
  }),
  pageLength: fc.integer({ min: 1, max: 5 }),
});
const aRun = fc.record({
  pauseSeconds: fc.integer({ min: 0, max: 120 }),
  limit: fc.integer({ min: 1, max: 15 }),
  chunk: fc.integer({ min: 1, max: 5 }),
  skips: fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 3 }),
  secondsALease: fc.integer({ min: 0, max: 60 }),
  lags: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 5 }),
  /** Whether its checkpoint is stored at its end, not at all (it was killed), or only after the next run's (they overlap). */
  end: fc.constantFrom('stored', 'killed', 'stored late'),
});

function backlogOf({
  names,
  lookTimes,
  pageLength,
}: {
  readonly names: readonly string[];
  readonly lookTimes: readonly (readonly number[])[];
  readonly pageLength: number;
}): Backlog {
  const times = names.map((name, index) => {
    const sorted = [...new Set(lookTimes[index])].sort((one, other) => one - other);
    return [name, sorted.map((at) => after(START, seconds(at)))] as const;
  });
  return new Backlog(new Map(times), pageLength);
}

describe('what is stored about a pass', () => {
  test('is true, however runs are limited, skip, are killed and overlap, and clocks disagree', async () => {
    await fc.assert(
      fc.asyncProperty(
        aBacklog,
        fc.array(aRun, { minLength: 1, maxLength: 12 }),
        async (backlogFacts, runs) => {
          const backlog = backlogOf(backlogFacts);
          let late: Claim | undefined;
          for (const run of runs) {
            backlog.now = after(backlog.now, seconds(run.pauseSeconds));
            backlog.lags = run.lags;
            const claim = (await runOnce(backlog, run)).claimToStore();
            expect(claim === undefined ? [] : backlog.untrue(claim)).toEqual([]);
            if (run.end === 'stored') backlog.store(claim);
            backlog.store(late);
            late = run.end === 'stored late' ? claim : undefined;
          }
          // And so the claim that later runs build on is true as well.
          const stored = backlog.objects.checkpoint;
          if (stored !== undefined) {
            expect(backlog.untrue(parseCheckpoint(Buffer.from(stored), PENDING.prefix, backlog.now))).toEqual(
              [],
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('lets every job have its look, though a run can take but a part of them', async () => {
    await fc.assert(
      fc.asyncProperty(aBacklog, fc.integer({ min: 1, max: 4 }), async (facts, limit) => {
        // Always due: each run could spend itself on the first ones.
        const always = Array.from({ length: 600 }, (_, second) => second + 1);
        const backlog = backlogOf({ ...facts, lookTimes: facts.names.map(() => always) });
        const runs = Math.ceil(facts.names.length / limit);
        for (let run = 0; run < runs; run += 1) {
          backlog.now = after(backlog.now, seconds(10));
          backlog.store((await runOnce(backlog, { limit, chunk: limit, skips: [] })).claimToStore());
        }
        expect([...backlog.looks.keys()].sort()).toEqual([...facts.names].sort());
      }),
      { numRuns: 100 },
    );
  });

  test('is nothing where nothing was due, so that an idle queue costs no writes', async () => {
    const backlog = backlogOf({ names: ['d1', 'd2'], lookTimes: [[5], [500]], pageLength: 10 });
    backlog.now = after(START, seconds(10));
    const first = await runOnce(backlog, { limit: 10, chunk: 10, skips: [] });
    backlog.store(first.claimToStore());
    expect(first.claimToStore()).toEqual({ since: backlog.now });
    backlog.now = after(START, seconds(70));
    expect((await runOnce(backlog, { limit: 10, chunk: 10, skips: [] })).claimToStore()).toBeUndefined();
  });
});

describe('a run', () => {
  test('sees every key once, from where the last one stopped, round to there', async () => {
    const names = ['d1', 'd2', 'd3', 'd4', 'd5'];
    const backlog = backlogOf({ names, lookTimes: names.map(() => [1, 100]), pageLength: 2 });
    backlog.now = after(START, seconds(10));
    backlog.store((await runOnce(backlog, { limit: 3, chunk: 3, skips: [] })).claimToStore());
    expect([...backlog.looks.keys()]).toEqual(['d1', 'd2', 'd3']);
    backlog.now = after(START, seconds(110));
    const second = await runOnce(backlog, { limit: 100, chunk: 3, skips: [] });
    expect([...backlog.looks.keys()]).toEqual(['d1', 'd2', 'd3', 'd4', 'd5']);
    expect([...backlog.looks.values()].map((looks) => looks.length)).toEqual([2, 2, 2, 1, 1]);
    // All in one go again.
    expect(second.claimToStore()).toEqual({ since: backlog.now });
  });

  test('stops before what it did not look at, and passes what it did', async () => {
    const names = ['d1', 'd2', 'd3', 'd4'];
    const backlog = backlogOf({ names, lookTimes: names.map(() => [1]), pageLength: 10 });
    backlog.now = after(START, seconds(10));
    const reader = await runOnce(backlog, { limit: 10, chunk: 10, skips: [2] });
    const startedAt = backlog.now;
    expect(reader.claimToStore()).toEqual({
      since: 0,
      pass: { startedAt, after: `${PENDING.prefix}d1` },
    });
  });

  test('is not kept from passing what it took though it was not due', async () => {
    const backlog = backlogOf({ names: ['d1', 'd2', 'd3'], lookTimes: [[500], [1], [500]], pageLength: 10 });
    backlog.store({ since: START });
    backlog.now = after(START, seconds(10));
    const reader = backlog.reader();
    const leases = await reader.lease({ ...request(10), early: true });
    expect(leases.map(({ pass }) => pass?.isDue)).toEqual([false, true, false]);
    for (const lease of leases) if (lease.pass?.isDue === true) reader.looked(lease);
    expect(reader.claimToStore()).toEqual({ since: backlog.now });
  });

  test('that cannot claim more than the last one stores nothing', async () => {
    const names = ['d1', 'd2', 'd3'];
    const backlog = backlogOf({ names, lookTimes: names.map(() => [1]), pageLength: 10 });
    backlog.now = after(START, seconds(10));
    backlog.store((await runOnce(backlog, { limit: 1, chunk: 1, skips: [] })).claimToStore());
    backlog.now = after(START, seconds(20));
    // Looks at the third job, but not at the second, where its claim would have to end.
    const second = await runOnce(backlog, { limit: 2, chunk: 2, skips: [1] });
    expect([...backlog.looks.keys()]).toEqual(['d1', 'd3']);
    expect(second.claimToStore()).toBeUndefined();
  });

  test('claims no look that it left out, though pages come from clocks that disagree', async () => {
    const names = ['d1', 'd2', 'd3'];
    const backlog = backlogOf({ names, lookTimes: [[5], [10], [5]], pageLength: 1 });
    backlog.store({ since: START });
    backlog.now = after(START, seconds(10));
    // By the clock of the page that has it, the second job is not due yet.
    backlog.lags = [0, 1];
    const claim = (await runOnce(backlog, { limit: 2, chunk: 1, skips: [] })).claimToStore();
    const startedAt = after(START, seconds(9));
    expect(claim).toEqual({ since: START, pass: { startedAt, after: `${PENDING.prefix}d3` } });
    backlog.store(claim);
    backlog.now = after(START, seconds(70));
    await runOnce(backlog, { limit: 10, chunk: 10, skips: [] });
    expect([...backlog.looks.keys()]).toEqual(['d1', 'd3', 'd2']);
  });

  test('holds one page, however long the backlog', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `d${index}`);
    const backlog = backlogOf({ names, lookTimes: names.map(() => [1]), pageLength: 5 });
    backlog.now = after(START, seconds(10));
    const reader = backlog.reader();
    expect(await reader.lease(request(100))).toHaveLength(5);
    expect(backlog.objects.pages).toBe(1);
  });

  test('does not take the folder itself, as consoles make it, for a message', async () => {
    const backlog = backlogOf({ names: ['', 'd1'], lookTimes: [[1], [1]], pageLength: 10 });
    backlog.now = after(START, seconds(10));
    const leases = await backlog.reader().lease(request(10));
    expect(leases.map(({ id }) => id)).toEqual([`${PENDING.prefix}d1`]);
  });

  test('is over as soon as its signal aborts, also in the middle of a listing', async () => {
    const backlog = backlogOf({ names: ['d1'], lookTimes: [[1]], pageLength: 1 });
    const never = { send: () => new Promise<never>(() => undefined) };
    const options = { queue: PENDING, defaults: SOURCE, nextLook: () => backlog.now };
    const stop = new AbortController();
    const leasing = new BucketReader(options, never).lease({ ...request(1), signal: stop.signal });
    const reason = new Error('the time is up');
    stop.abort(reason);
    await expect(leasing).rejects.toBe(reason);
  });
});

describe('what is due', () => {
  const SINCE = START;
  const LISTED = after(START, minutes(10));
  const OLD = before(SINCE, minutes(1));

  /** What a run leases of one object, and for what it asked the schedule. */
  async function lookAt(
    name: string,
    modified: EpochMs,
    nextLook: EpochMs,
    early?: boolean,
  ): Promise<{ readonly leases: readonly Lease[]; readonly asked: readonly unknown[] }> {
    const objects = new MemoryObjects(1, () => LISTED);
    objects.modified.set(PENDING.prefix + name, modified);
    objects.checkpoint = formatCheckpoint({ since: SINCE }, PENDING.prefix);
    const asked: unknown[] = [];
    const options = {
      queue: PENDING,
      defaults: SOURCE,
      nextLook: (...question: readonly unknown[]) => {
        asked.push(question);
        return nextLook;
      },
    };
    const reader = new BucketReader(options, objects);
    return { leases: await reader.lease({ ...request(1), ...(early !== undefined && { early }) }), asked };
  }

  test.each([
    ['written a minute before the last pass', OLD, FAR, 0],
    ['written later than that', after(OLD, seconds(1)), FAR, 1],
    ['whose look time is the moment of the listing', OLD, LISTED, 1],
    ['whose look time is a moment later', OLD, after(LISTED, millis(1)), 0],
  ])(
    'is what is new to the listing, or had its look time: what was %s',
    async (_what, modified, next, due) => {
      expect((await lookAt('d1~n', modified, next)).leases).toHaveLength(due);
    },
  );

  test.each([
    ['is due', OLD, LISTED, { isDue: true, since: SINCE }],
    ['is not due', OLD, FAR, { isDue: false, since: SINCE }],
    ['is new, so that no pass can have seen it', after(OLD, seconds(1)), FAR, { isDue: true, since: 0 }],
  ])('is told of each where all are asked for: one that %s', async (_what, modified, next, pass) => {
    expect((await lookAt('d1~n', modified, next, true)).leases).toMatchObject([{ kind: 'job', pass }]);
  });

  test.each([undefined, false])(
    'needs no telling where nothing else is asked for (early: %p)',
    async (early) => {
      const { leases } = await lookAt('d1~n', OLD, LISTED, early);
      expect(leases).toHaveLength(1);
      expect(leases[0]).not.toHaveProperty('pass');
      expect((await lookAt('d1~n', OLD, FAR, early)).leases).toEqual([]);
    },
  );

  test.each([
    [
      `d1~n~1~c.${OLD - 7}~f.${OLD - 5}`,
      { seed: 'd1', createdAt: OLD - 7, firstSeenAt: OLD - 5, seenAt: OLD },
    ],
    ['d1', { seed: 'd1', createdAt: undefined, firstSeenAt: OLD, seenAt: OLD }],
    ['not a job', { seed: 'not a job', createdAt: undefined, firstSeenAt: OLD, seenAt: OLD }],
  ])('goes by what is known of it: %s', async (name, waiting) => {
    expect((await lookAt(name, OLD, LISTED)).asked).toEqual([[waiting, SINCE]]);
  });

  test.each([
    ['d1~n', 'd1~n'],
    ['no\nlog line', 'no%0Alog%20line'],
  ])('has an ID that is safe in logs: %j', async (name, shown) => {
    expect((await lookAt(name, OLD, LISTED)).leases).toMatchObject([
      { id: PENDING.prefix + shown, until: FAR, firstSeenAt: OLD },
    ]);
  });
});

test('a checkpoint whose answer does not say of when it is claims nothing: it could be from the future', async () => {
  const objects = new MemoryObjects(1, () => START);
  objects.modified.set(`${PENDING.prefix}d1`, before(START, days(1)));
  objects.checkpoint = formatCheckpoint({ since: START }, PENDING.prefix);
  const timeless: CosRequester = {
    send: (request, decode) =>
      objects.send(request, (response) =>
        decode(request.path === '/' ? response : { ...response, headers: {} }),
      ),
  };
  const options = { queue: PENDING, defaults: SOURCE, nextLook: () => FAR };
  expect(await new BucketReader(options, objects).lease(request(1))).toEqual([]);
  expect(await new BucketReader(options, timeless).lease(request(1))).toHaveLength(1);
});

describe('a checkpoint', () => {
  const now = after(START, minutes(5));
  const claim: Claim = {
    since: START,
    pass: { startedAt: after(START, minutes(1)), after: `${PENDING.prefix}d1` },
  };
  const whole = formatCheckpoint(claim, PENDING.prefix);
  const changed = (changes: Record<string, unknown>): string =>
    JSON.stringify({ ...(JSON.parse(whole) as object), ...changes });

  test('comes back as it was stored', () => {
    expect(parseCheckpoint(Buffer.from(whole), PENDING.prefix, now)).toEqual(claim);
    const complete = formatCheckpoint({ since: START }, PENDING.prefix);
    expect(parseCheckpoint(Buffer.from(complete), PENDING.prefix, now)).toEqual({ since: START });
  });

  test.each([
    ['began just now', { since: now, pass: undefined }],
    ['began at the beginning of time', { since: 0, pass: undefined }],
    ['has a pass that began just now', { pass: { startedAt: now, after: PENDING.prefix } }],
    ['has a pass that began with it', { pass: { startedAt: START, after: PENDING.prefix } }],
  ])('is believed when it %s', (_what, changes) => {
    const { since = START, pass } = changes as Partial<Claim>;
    expect(parseCheckpoint(Buffer.from(changed(changes)), PENDING.prefix, now)).toEqual(
      pass === undefined ? { since } : { since, pass },
    );
  });

  test.each([
    ['empty', ''],
    ['cut short', whole.slice(0, -5)],
    ['no JSON', 'yesterday'],
    ['no object', '[]'],
    ['not UTF-8', Buffer.from([0xff, 0xfe])],
    ['not UTF-8 in a key', Buffer.from(whole.replace('/d1', '/d\u00ff'), 'latin1')],
    ['of another version', changed({ version: 2 })],
    ['of another queue', changed({ prefix: 'other/' })],
    ['with a field that it does not know', changed({ more: 1 })],
    ['without a time', changed({ since: undefined })],
    ['with a time that is text', changed({ since: String(START) })],
    ['with a time between two milliseconds', changed({ since: START + 0.5 })],
    ['with a time before time began', changed({ since: -1, pass: undefined })],
    ['from the future', changed({ since: epochMs(now + 1), pass: undefined })],
    ['with a pass from the future', changed({ pass: { startedAt: now + 1, after: `${PENDING.prefix}d1` } })],
    [
      'with a pass before the last',
      changed({ pass: { startedAt: START - 1, after: `${PENDING.prefix}d1` } }),
    ],
    ['with a pass elsewhere', changed({ pass: { startedAt: START, after: 'other/d1' } })],
  ])('that is %s claims nothing', (_what, stored) => {
    expect(parseCheckpoint(Buffer.from(stored), PENDING.prefix, now)).toEqual({ since: 0 });
  });
});
