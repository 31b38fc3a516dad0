import { describe, expect, test } from '@jest/globals';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import type { JobSource } from '../../lib/doc-jobs/describe.js';
import type { DocJob } from '../../lib/doc-jobs/doc-job.js';
import type { JobListEntry, JobListQuery, JobPage } from '../../lib/doc-jobs/list.js';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { after, before, epochMs, hours, millis, minutes, seconds } from '../../lib/domain/units.js';
import { Lists } from '../../lib/poller/lists.js';
import { singly, sweep } from '../../lib/poller/sweep.js';
import type { JobLease, Lease, PendingJob } from '../../lib/queue/pending-queue.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { aBucket, aJobId, aPendingJob, aRegion, SOURCE } from '../support/pending-jobs.js';
import { aDocJob } from './doc-jobs.js';

const NOW = epochMs(Date.UTC(2026, 0, 1, 12));
const HOUR_AGO = before(NOW, hours(1));
const MINUTE_AGO = before(NOW, minutes(1));

const ENDED = ['Success', 'Failed', 'Cancel'];
const UNENDED = ['Submitted', 'Running', 'Pause'];

/** A lease of the job of that number: an hour old, each a second younger than the one before; due, and last looked at a minute ago. */
function lease(
  number: number,
  pass: { isDue?: boolean; since?: typeof NOW } = {},
  changes: Partial<PendingJob> & { seenAt?: typeof NOW } = {},
): JobLease {
  const { seenAt = HOUR_AGO, ...facts } = changes;
  return {
    kind: 'job',
    id: `m${number}`,
    firstSeenAt: seenAt,
    until: after(NOW, minutes(1)),
    pass: { isDue: true, since: MINUTE_AGO, ...pass },
    job: aPendingJob(number, {
      queueId: 'p1',
      createdAt: after(HOUR_AGO, millis(1_000 * number)),
      ...facts,
    }),
  };
}

/** As it is where a queue or a submitter does not say so much. */
function without<T extends object, K extends keyof T>(whole: T, name: K): Omit<T, K> {
  const copy: Omit<T, K> = { ...whole };
  Reflect.deleteProperty(copy, name);
  return copy;
}

const leases = (first: number, last: number, ...rest: [Parameters<typeof lease>[1]?]): JobLease[] =>
  Array.from({ length: last - first + 1 }, (_, index) => lease(first + index, ...rest));

const early = { isDue: false } as const;
/** Its last look was when it was first seen, so a word about it is due. */
const unheard = { since: HOUR_AGO } as const;

type Listing = (query: JobListQuery, source: JobSource) => Partial<JobPage> | Error;

const entries = (...jobs: readonly DocJob[]): readonly JobListEntry[] =>
  jobs.map((job) => ({ kind: 'job', job }));
const numbered = (first: number, last: number, state: DocJob['state']): readonly JobListEntry[] =>
  entries(...Array.from({ length: last - first + 1 }, (_, index) => aDocJob(first + index, state, NOW)));

/** A list of the jobs that are in one of the states that are asked for, on one page. */
const showing =
  (...jobs: readonly JobListEntry[]): Listing =>
  ({ states = [] }) => ({
    entries: jobs.filter((entry) => entry.kind === 'job' && (states as string[]).includes(entry.job.state)),
  });

/** Sweeps with lists whose pages hold ten entries. */
async function sweeping(taken: readonly Lease[], list: Listing) {
  const asked: (JobListQuery & JobSource)[] = [];
  const lines: unknown[] = [];
  const log = jsonLog({
    level: 'info',
    now: () => NOW,
    write: (line) => lines.push(JSON.parse(line)),
  });
  const lists = new Lists(
    (source, query) => {
      asked.push({ ...source, ...query });
      if (asked.length > 99) return Promise.reject(new RangeError('so many pages are never worth it'));
      const answer = list(query, source);
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve({ entries: [], nextToken: undefined, requestId: undefined, ...answer });
    },
    10,
    log,
    () => undefined,
  );
  const tasks = await sweep(taken, {
    lists,
    now: () => NOW,
    log,
    isAllowedBucket: (bucket) => bucket.endsWith('-1250000000'),
    policy: { pageSize: 10, worth: 1, firstWord: minutes(5) },
  });
  return { tasks, asked, lines, told: tasks.map((task) => `${task.kind} ${task.lease.id}`) };
}

const all = (kind: string, first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `${kind} m${first + index}`);

describe('a backlog', () => {
  test('is looked at where a list says that jobs have ended, and otherwise left to wait', async () => {
    const { told, asked, lines } = await sweeping(leases(1, 30), showing(...numbered(4, 6, 'Success')));
    expect(told).toEqual([...all('absent', 1, 3), ...all('look', 4, 6), ...all('absent', 7, 30)]);
    expect(asked).toStrictEqual([
      {
        ...SOURCE,
        queueId: 'p1',
        states: ENDED,
        createdFrom: after(HOUR_AGO, seconds(1)),
        createdTo: after(HOUR_AGO, seconds(30)),
        size: 10,
      },
    ]);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        event: 'swept',
        ...SOURCE,
        jobs: 30,
        pages: 1,
        look: 3,
        listed: 0,
        absent: 27,
      }),
    ]);
  });

  test('is asked for by its creation times, in whatever order its leases come', async () => {
    const mixed = leases(1, 30).sort((one, other) => (one.id < other.id ? 1 : -1));
    const { asked } = await sweeping(mixed, showing());
    expect(asked).toMatchObject([
      { createdFrom: after(HOUR_AGO, seconds(1)), createdTo: after(HOUR_AGO, seconds(30)) },
    ]);
  });

  test('costs no more pages than looks that they spare', async () => {
    const { asked, told, lines } = await sweeping(leases(1, 30), () => ({ nextToken: 'more' }));
    // Then what has not ended is asked for, in two more pages of others.
    expect(asked.map(({ states }) => states)).toEqual([
      ...Array.from({ length: 30 }, () => ENDED),
      UNENDED,
      UNENDED,
    ]);
    // A list that is not whole says of no job that it is absent.
    expect(told).toEqual(all('look', 1, 30));
    expect(lines).toEqual([expect.objectContaining({ pages: 32, look: 30 })]);
  });

  test('is asked for by bucket, region and queue, since a list speaks of one alone', async () => {
    const more = aBucket('more-1250000000');
    const shanghai = aRegion('ap-shanghai');
    const withoutQueue = leases(121, 150).map((one) => ({ ...one, job: without(one.job, 'queueId') }));
    const changed = (from: JobLease[], changes: Partial<PendingJob>): JobLease[] =>
      from.map(({ job, ...rest }) => ({ ...rest, job: { ...job, ...changes } }));
    const { asked, lines } = await sweeping(
      [
        ...leases(1, 30),
        ...changed(leases(31, 60), { bucket: more }),
        ...changed(leases(61, 90), { region: shanghai }),
        ...changed(leases(91, 120), { queueId: 'p2' }),
        ...withoutQueue,
      ],
      showing(),
    );
    expect(asked.map(({ bucket, region, ...query }) => [bucket, region, Object.entries(query)[0]])).toEqual([
      [SOURCE.bucket, SOURCE.region, ['queueId', 'p1']],
      [more, SOURCE.region, ['queueId', 'p1']],
      [SOURCE.bucket, shanghai, ['queueId', 'p1']],
      [SOURCE.bucket, SOURCE.region, ['queueId', 'p2']],
      [SOURCE.bucket, SOURCE.region, ['states', ENDED]],
    ]);
    expect(lines).toHaveLength(5);
  });
});

describe('a job that no list of ended ones shows', () => {
  const others = leases(11, 40);

  test('is asked for among those that have not ended when a word about it is due', async () => {
    const { told, asked } = await sweeping(
      [...leases(1, 3, unheard), ...others],
      showing(...numbered(1, 2, 'Running'), ...numbered(11, 40, 'Running')),
    );
    expect(told).toEqual([...all('listed', 1, 2), 'look m3', ...all('absent', 11, 40)]);
    expect(asked).toMatchObject([
      { states: ENDED },
      { states: UNENDED, createdTo: after(HOUR_AGO, seconds(3)) },
    ]);
  });

  test('is looked at for a word even where it is not due', async () => {
    const silent = leases(1, 3, { ...early, ...unheard });
    const { told } = await sweeping([...silent, ...others], showing(...numbered(1, 2, 'Running')));
    expect(told).toEqual([...all('absent', 11, 40), 'look m3']);
  });

  test('is looked at each time where nobody can say when the last look was', async () => {
    const plain = leases(1, 30).map((one) => without(one, 'pass'));
    const { told, asked } = await sweeping(plain, showing(...numbered(1, 9, 'Running')));
    expect(asked.map(({ states }) => states)).toEqual([ENDED, UNENDED]);
    expect(told).toEqual([...all('listed', 1, 9), ...all('look', 10, 30)]);
  });

  test('is asked for in one list with others, however many jobs between them have ended', async () => {
    const silent = [...leases(1, 3, unheard), ...leases(16, 18, unheard)];
    const { asked, told } = await sweeping(
      [...silent, ...leases(4, 15), ...leases(19, 40)],
      showing(...numbered(1, 3, 'Running'), ...numbered(4, 15, 'Success'), ...numbered(16, 18, 'Running')),
    );
    expect(asked).toMatchObject([
      { states: ENDED },
      { states: UNENDED, createdFrom: after(HOUR_AGO, seconds(1)), createdTo: after(HOUR_AGO, seconds(18)) },
    ]);
    expect(told.slice(0, 6)).toEqual([...all('listed', 1, 3), ...all('listed', 16, 18)]);
  });

  test('is left alone where it is neither due nor a word about it', async () => {
    const { told } = await sweeping([...leases(1, 3, early), ...others], showing());
    expect(told).toEqual(all('absent', 11, 40));
  });
});

describe('a few jobs', () => {
  test('are listed where a list says that they have not ended, and looked at where it lacks them', async () => {
    const { told, asked, lines } = await sweeping(leases(1, 5), showing(...numbered(1, 3, 'Pause')));
    expect(told).toEqual([...all('listed', 1, 3), ...all('look', 4, 5)]);
    expect(asked).toMatchObject([{ states: UNENDED }]);
    expect(lines).toEqual([expect.objectContaining({ jobs: 5, pages: 1, look: 2, listed: 3, absent: 0 })]);
  });

  test('that were seen just now are looked at, and no list is worth it', async () => {
    const young = [1, 2, 3].map((number) => lease(number, {}, { seenAt: before(NOW, seconds(30)) }));
    const { told, asked, lines } = await sweeping(young, showing());
    expect(told).toEqual(all('look', 1, 3));
    expect([asked, lines]).toEqual([[], []]);
  });

  test.each([
    [5, [...all('look', 1, 3), ...all('look', 4, 8)], [UNENDED]],
    [6, all('look', 1, 3), [UNENDED, ENDED]],
  ])('of which a list lacks %d before they are due', async (count, expected, lists) => {
    const { told, asked } = await sweeping([...leases(1, 3), ...leases(4, 3 + count, early)], showing());
    expect(told).toEqual(expected);
    expect(asked.map(({ states }) => states)).toEqual(lists);
  });

  test('of which a list lacks some are looked at before they are due, and before a word about them is as well', async () => {
    const { told } = await sweeping([...leases(1, 3), ...leases(4, 6, { ...early, ...unheard })], showing());
    expect(told).toEqual(all('look', 1, 6));
  });

  test('of which many are missing are looked at where a list says that they have ended only now', async () => {
    const missing = leases(4, 9, early);
    const { told, asked } = await sweeping(
      [...leases(1, 3), ...missing],
      showing(...numbered(7, 9, 'Failed')),
    );
    expect(told).toEqual([...all('look', 1, 3), ...all('look', 7, 9)]);
    expect(asked.map(({ states, createdFrom, createdTo }) => [states, createdFrom, createdTo])).toEqual(
      [UNENDED, ENDED].map((states) => [states, after(HOUR_AGO, seconds(1)), after(HOUR_AGO, seconds(9))]),
    );
  });

  test('that are due are no reason to ask which have ended, however many a list lacks', async () => {
    const { asked, told } = await sweeping([...leases(1, 5), ...leases(6, 8, early)], showing());
    expect(asked).toMatchObject([{ states: UNENDED }]);
    expect(told).toEqual(all('look', 1, 8));
  });

  test('and neither are those that are looked at for a word in any case', async () => {
    const backlog = [...leases(1, 30), ...leases(31, 33, { ...early, ...unheard })];
    // So much younger that the list of ended jobs is for the backlog alone.
    const apart = [91, 92, 93, 94].map((number) =>
      lease(number, early, { createdAt: after(HOUR_AGO, seconds(3_000 + number)) }),
    );
    const { asked, told } = await sweeping([...backlog, ...apart], showing());
    expect(asked.map(({ states }) => states)).toEqual([ENDED, UNENDED]);
    expect(told).toEqual([...all('absent', 1, 30), ...all('look', 31, 33), ...all('look', 91, 94)]);
  });

  test('of which a list that is not whole lacks some are looked at only when they are due', async () => {
    const refused = new DocjobError('list-trouble', 'no list today', { disposition: 'configuration' });
    const { told } = await sweeping([...leases(1, 3), ...leases(4, 6, early)], () => refused);
    expect(told).toEqual(all('look', 1, 3));
  });
});

describe('the pages of a list of unended jobs', () => {
  const page = (number: number, state: DocJob['state'] = 'Running') => ({
    entries: numbered(number, number, state),
    nextToken: String(number + 1),
  });
  const pageAt = ({ nextToken = '1' }: JobListQuery): number => Number(nextToken);

  test('are no more than needed to find all that are wanted', async () => {
    const { asked, told } = await sweeping(leases(1, 5), () => ({
      entries: numbered(1, 5, 'Running'),
      nextToken: '2',
    }));
    expect(asked).toHaveLength(1);
    expect(told).toEqual(all('listed', 1, 5));
  });

  test('are no more than two, and one for each job that is found', async () => {
    const { asked, told } = await sweeping(leases(1, 8), (query) => page(pageAt(query) === 1 ? 1 : 99));
    expect(asked).toHaveLength(3);
    expect(told).toEqual(['listed m1', ...all('look', 2, 8)]);
  });

  test('are no more than looks that they spare', async () => {
    const taken = [...leases(1, 4), ...leases(5, 9, early)];
    const { asked, told } = await sweeping(taken, (query) => page(pageAt(query)));
    expect(asked).toHaveLength(4);
    expect(told).toEqual(all('listed', 1, 4));
  });
});

describe('an entry of a list decides by itself, whichever states were asked for', () => {
  const undecodable: JobListEntry = {
    kind: 'undecodable',
    error: new UndecodableError('makes no sense'),
    jobId: aJobId(9),
    userData: undefined,
  };
  const justEnded = (state: DocJob['state']) => entries(aDocJob(9, state, MINUTE_AGO));
  const unended = (state: DocJob['state']) => entries(aDocJob(9, state));

  test.each([
    ['Success', justEnded('Success'), 'look', 'look'],
    ['Failed', justEnded('Failed'), 'look', 'look'],
    ['Cancel', justEnded('Cancel'), 'look', 'look'],
    ['Submitted', unended('Submitted'), 'listed', undefined],
    ['Running', unended('Running'), 'listed', undefined],
    ['Pause', unended('Pause'), 'listed', undefined],
    ['a state that nobody knows', unended('Unrecognized'), 'look', undefined],
    ['nothing that can be decoded', [undecodable], 'look', undefined],
  ])('%s', async (_name, shown, whenDue, whenNot) => {
    for (const [isDue, kind] of [
      [true, whenDue],
      [false, whenNot],
    ] as const) {
      const { tasks } = await sweeping([...leases(1, 5), lease(9, { isDue })], () => ({
        entries: [...numbered(1, 5, 'Running'), ...shown],
      }));
      expect(tasks.find((task) => task.lease.id === 'm9')?.kind).toBe(kind);
    }
  });

  test('one that has not ended goes on with its task', async () => {
    const { tasks } = await sweeping(leases(1, 5), showing(...numbered(1, 5, 'Running')));
    expect(tasks[1]).toMatchObject({ kind: 'listed', job: { state: 'Running', jobId: aJobId(2) } });
  });
});

describe('a job that a list shows as ended is looked at before it is due', () => {
  const lag = minutes(5);
  test.each([
    ['where it ended after its last look', MINUTE_AGO, NOW, 1],
    [
      'where it ended within the time that lists may lag',
      MINUTE_AGO,
      after(before(MINUTE_AGO, lag), millis(1)),
      1,
    ],
    ['but not where a look since then changed nothing', MINUTE_AGO, before(MINUTE_AGO, lag), 0],
    ['where the list does not say when it ended', MINUTE_AGO, undefined, 1],
  ])('%s', async (_name, since, endedAt, looks) => {
    const taken = [...leases(1, 5), lease(9, { isDue: false, since })];
    const { told } = await sweeping(taken, () => ({
      entries: [...numbered(1, 5, 'Running'), ...entries(aDocJob(9, 'Success', endedAt))],
    }));
    expect(told.filter((one) => one === 'look m9')).toHaveLength(looks);
  });

  test('and when it is due, whenever it ended', async () => {
    const ended = entries(aDocJob(9, 'Success', before(NOW, minutes(50))));
    const { told } = await sweeping([...leases(1, 5), lease(9)], () => ({ entries: ended }));
    expect(told).toContain('look m9');
  });
});

describe('leases that no list can speak of', () => {
  const noJob = (id: string, pass?: Lease['pass']): Lease => ({
    kind: 'not-a-job',
    id,
    firstSeenAt: HOUR_AGO,
    until: after(NOW, minutes(1)),
    problem: 'no JSON',
    ...(pass === undefined ? {} : { pass }),
  });
  const undated = (number: number, isDue: boolean): Lease => {
    const one = lease(number, { isDue });
    return { ...one, job: without(one.job, 'createdAt') };
  };
  const foreign = (number: number, isDue: boolean): Lease =>
    lease(number, { isDue }, { bucket: aBucket('evil-1999999999') });

  test('are looked at when they are due: what is no job, has no creation time, or lies in a bucket that is not allowed', async () => {
    const since = MINUTE_AGO;
    const { told, asked } = await sweeping(
      [
        noJob('n1'),
        noJob('n2', { isDue: false, since }),
        noJob('n3', { isDue: true, since }),
        ...Array.from({ length: 20 }, (_, index) => undated(100 + index, index < 10)),
        ...Array.from({ length: 20 }, (_, index) => foreign(200 + index, index < 10)),
      ],
      showing(),
    );
    expect(asked).toEqual([]);
    expect(told).toEqual(['look n1', 'look n3', ...all('look', 100, 109), ...all('look', 200, 209)]);
  });

  test('keep their places among the others, what is due coming first', async () => {
    const taken = [
      lease(9, early),
      undated(8, true),
      lease(3),
      noJob('n1'),
      lease(7, early),
      ...leases(4, 6),
      undated(2, true),
    ];
    const { told } = await sweeping(taken, showing(...numbered(3, 6, 'Running')));
    expect(told).toEqual([
      'look m8',
      'listed m3',
      'look n1',
      ...all('listed', 4, 6),
      'look m2',
      'look m9',
      'look m7',
    ]);
  });
});

test('without lists, what is due is looked at, and so is what a queue does not speak of', () => {
  const plain = without(lease(3), 'pass');
  const taken = [lease(1), lease(2, early), plain];
  expect(singly(taken)).toEqual([
    { kind: 'look', lease: taken[0] },
    { kind: 'look', lease: plain },
  ]);
});
