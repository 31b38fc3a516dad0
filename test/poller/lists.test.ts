import { describe, expect, test } from '@jest/globals';
import { DeadlineError } from '../../lib/cos/errors/deadline-error.js';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import type { JobListEntry, JobListQuery, JobPage } from '../../lib/doc-jobs/list.js';
import { DocjobError, type Disposition } from '../../lib/domain/docjob-error.js';
import { epochMs } from '../../lib/domain/units.js';
import { Lists, type ListRequest } from '../../lib/poller/lists.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { aBucket, aJobId, aRegion, SOURCE } from '../support/pending-jobs.js';
import { aDocJob } from './doc-jobs.js';

const entry = (number: number): JobListEntry => ({ kind: 'job', job: aDocJob(number, 'Success') });
const page = (entries: readonly JobListEntry[], nextToken?: string): JobPage => ({
  entries,
  nextToken,
  requestId: undefined,
});

const failure = (disposition: Disposition): DocjobError =>
  new DocjobError('list-trouble', 'no list today', { disposition, requestId: 'NjA=' });
const unreadable = (): UndecodableError => new UndecodableError('is too large', { requestId: 'NjI=' });

/** Lists whose pages are these, one after the other, an error being thrown; and what was asked for and told. */
function listing(...answers: readonly (JobPage | Error)[]) {
  const left = [...answers];
  const asked: { readonly bucket: string; readonly region: string; readonly query: JobListQuery }[] = [];
  const lines: unknown[] = [];
  const failures: DocjobError[] = [];
  const log = jsonLog({
    level: 'debug',
    now: () => epochMs(0),
    write: (line) => lines.push(JSON.parse(line)),
  });
  const lists = new Lists(
    ({ bucket, region }, query) => {
      asked.push({ bucket, region, query });
      const answer = left.shift() ?? page([]);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    100,
    log,
    (error) => failures.push(error),
  );
  const ask = (changes: Partial<ListRequest<string>> = {}) =>
    lists.ask({
      source: SOURCE,
      query: { queueId: 'p1', states: ['Success'] },
      keep: (job) => job?.state ?? 'undecodable',
      goesOn: () => true,
      ...changes,
    });
  return { ask, asked, lines, failures };
}

describe('a list', () => {
  test('is asked for page by page until there is no further one', async () => {
    const { ask, asked } = listing(page([entry(1), entry(2)], '7'), page([entry(3)], '8'), page([entry(3)]));
    const { found, pages, isWhole } = await ask();
    expect([...found.keys()]).toEqual([1, 2, 3].map(aJobId));
    expect(found.get(aJobId(2))).toBe('Success');
    expect({ pages, isWhole }).toEqual({ pages: 3, isWhole: true });
    const query = { queueId: 'p1', states: ['Success'], size: 100 };
    const { bucket, region } = SOURCE;
    // Strictly: a token that is undefined would be one.
    expect(asked).toStrictEqual([
      { bucket, region, query },
      { bucket, region, query: { ...query, nextToken: '7' } },
      { bucket, region, query: { ...query, nextToken: '8' } },
    ]);
  });

  test('names jobs that it does not describe, where their entries can be read so far', async () => {
    const error = unreadable();
    const facts = { kind: 'undecodable', error, userData: undefined } as const;
    const { ask } = listing(
      page([
        { ...facts, jobId: aJobId(1) },
        { ...facts, jobId: undefined },
      ]),
    );
    expect([...(await ask()).found]).toEqual([[aJobId(1), 'undecodable']]);
  });

  test('ends where another page is not worth a call, by what was found so far', async () => {
    const { ask, asked } = listing(page([entry(1)], '7'), page([entry(2), entry(3)], '8'));
    const seen: unknown[] = [];
    const listed = await ask({
      goesOn: (pages, found) => {
        seen.push([pages, found.size]);
        return pages < 2;
      },
    });
    expect(seen).toEqual([
      [0, 0],
      [1, 1],
      [2, 3],
    ]);
    expect(listed).toMatchObject({ pages: 2, isWhole: false });
    expect(listed.found.size).toBe(3);
    expect(asked).toHaveLength(2);
  });
});

describe('a list that fails', () => {
  test('is not whole, and says so once with what it takes to ask the service about it', async () => {
    const error = failure('configuration');
    const { ask, lines, failures } = listing(page([entry(1)], '7'), error);
    const listed = await ask();
    expect(listed).toMatchObject({ pages: 2, isWhole: false });
    expect([...listed.found.keys()]).toEqual([aJobId(1)]);
    expect(failures).toEqual([error]);
    expect(lines).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'warn',
        event: 'list-failed',
        ...SOURCE,
        code: 'list-trouble',
        message: 'no list today',
        requestId: 'NjA=',
      },
    ]);
  });

  test.each<[string, Partial<ListRequest<string>>, number]>([
    ['itself', {}, 1],
    ['that of another bucket', { source: { ...SOURCE, bucket: aBucket('more-1250000000') } }, 2],
    ['that of another region', { source: { ...SOURCE, region: aRegion('ap-shanghai') } }, 2],
    ['that of another queue', { query: { queueId: 'p2' } }, 2],
    ['that of all queues', { query: {} }, 2],
  ])('is not asked for again in the same run, but others are: %s', async (_name, changes, calls) => {
    const { ask, asked } = listing(failure('transient'));
    await ask();
    const listed = await ask(changes);
    expect(asked).toHaveLength(calls);
    expect(listed).toMatchObject({ pages: calls - 1, isWhole: calls === 2 });
  });

  test('is not asked for again where it was one of all queues, and its fellows are', async () => {
    const { ask, asked } = listing(failure('transient'));
    await ask({ query: {} });
    await ask({ query: {} });
    expect(asked).toHaveLength(1);
    await ask();
    expect(asked).toHaveLength(2);
  });

  test('for want of time is no failure: nothing is said, and it may be asked for again', async () => {
    const { ask, asked, lines, failures } = listing(page([entry(1)], '7'), new DeadlineError('a list'));
    const listed = await ask();
    expect(listed).toMatchObject({ pages: 2, isWhole: false });
    expect(listed.found.size).toBe(1);
    expect([lines, failures]).toEqual([[], []]);
    await expect(ask()).resolves.toMatchObject({ isWhole: true });
    expect(asked).toHaveLength(3);
  });

  test.each([
    ['a key that is refused', failure('credentials')],
    ['a mistake of our own', new RangeError('a bug')],
  ])('for what concerns more than lists throws it: %s', async (_name, error) => {
    const { ask, lines, failures } = listing(error);
    await expect(ask()).rejects.toBe(error);
    expect([lines, failures]).toEqual([[], []]);
  });
});

describe('a page that cannot be read', () => {
  test('is asked for again with a quarter of its entries, as are all that come after it', async () => {
    const { ask, asked, lines, failures } = listing(
      page([entry(1)], '7'),
      unreadable(),
      page([entry(2)], '8'),
      page([]),
    );
    await expect(ask()).resolves.toMatchObject({ pages: 4, isWhole: true });
    await ask();
    expect(asked.map(({ query: { size, nextToken } }) => [size, nextToken])).toEqual([
      [100, undefined],
      [100, '7'],
      [25, '7'],
      [25, '8'],
      [25, undefined],
    ]);
    expect(failures).toHaveLength(1);
    expect(lines).toEqual([expect.objectContaining({ event: 'list-failed', requestId: 'NjI=' })]);
  });

  test('is given up with a single entry', async () => {
    const { ask, asked } = listing(...Array.from({ length: 9 }, unreadable));
    await expect(ask()).resolves.toMatchObject({ pages: 5, isWhole: false });
    expect(asked.map(({ query }) => query.size)).toEqual([100, 25, 7, 2, 1]);
  });

  test('is not asked for again once another one is not worth a call', async () => {
    const { ask, asked } = listing(unreadable());
    await expect(ask({ goesOn: (pages) => pages < 1 })).resolves.toMatchObject({ pages: 1, isWhole: false });
    expect(asked).toHaveLength(1);
  });

  test('is no other failure: what was refused is not asked for again with fewer entries', async () => {
    const { ask, asked } = listing(failure('transient'));
    await ask();
    expect(asked).toHaveLength(1);
  });
});
