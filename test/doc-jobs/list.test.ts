import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { writeCiTime } from '../../lib/doc-jobs/ci-time.js';
import { listDocJobs, type JobListQuery } from '../../lib/doc-jobs/list.js';
import { parseRfc3339 } from '../../lib/domain/rfc3339.js';
import { epochMs } from '../../lib/domain/units.js';
import { answer, fixture, JOB_ID } from './answers.js';
import { answering, refusing, SOURCE } from './requesters.js';

async function queryOf(query: JobListQuery): Promise<unknown> {
  const requester = answering(answer('<Response/>'));
  await listDocJobs(requester, SOURCE, query);
  return requester.requests[0]?.query;
}

const detail = (jobId: string, rest = ''): string =>
  `<JobsDetail><JobId>${jobId}</JobId><State>Running</State>${rest}</JobsDetail>`;
const page = (body: string) => listDocJobs(answering(answer(`<Response>${body}</Response>`)), SOURCE, {});

describe('listDocJobs', () => {
  test('asks the CI host of the bucket', async () => {
    const requester = answering(answer('<Response/>'));
    await listDocJobs(requester, SOURCE, {});
    // Strictly: a parameter that is undefined would be one.
    expect(requester.requests).toStrictEqual([
      { family: 'ci', method: 'GET', path: '/doc_jobs', query: { tag: 'DocProcess' }, ...SOURCE },
    ]);
  });

  test('sends every parameter as it is documented, times widened by a second', async () => {
    expect(
      await queryOf({
        queueId: 'p1',
        order: 'ascending',
        nextToken: '91171',
        size: 100,
        states: ['Success', 'Failed'],
        createdFrom: epochMs(Date.UTC(2020, 6, 20, 2, 43, 17, 999)),
        createdTo: epochMs(Date.UTC(2020, 6, 20, 2, 43, 17, 1)),
      }),
    ).toEqual({
      tag: 'DocProcess',
      queueId: 'p1',
      orderByTime: 'Asc',
      nextToken: '91171',
      size: '100',
      states: 'Success,Failed',
      startCreationTime: '2020-07-20T10:43:16+0800',
      endCreationTime: '2020-07-20T10:43:18+0800',
    });
    expect(await queryOf({ order: 'descending' })).toMatchObject({ orderByTime: 'Desc' });
  });

  test('a window holds each job of its time, whether its bounds are open or closed and whatever CI cuts off', async () => {
    const moment = fc.integer({ min: 0, max: 4_000_000_000_000 });
    await fc.assert(
      fc.asyncProperty(moment, fc.nat(100_000), fc.nat(100_000), async (from, length, at) => {
        const created = Math.floor((from + Math.min(at, length)) / 1_000) * 1_000;
        const query = (await queryOf({
          createdFrom: epochMs(from),
          createdTo: epochMs(from + length),
        })) as Record<string, string>;
        const [start, end] = ['startCreationTime', 'endCreationTime'].map(
          (name) => parseRfc3339(query[name] ?? '')?.at,
        );
        expect(start).toBeLessThan(created);
        expect(end).toBeGreaterThan(created);
      }),
    );
  });

  test('writes times that are read back as the same second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (second) => {
        expect(parseRfc3339(writeCiTime(epochMs(second * 1_000 + 999)))?.at).toBe(second * 1_000);
      }),
    );
  });

  test.each([
    [{ size: 0 }, 'a page of 0 jobs cannot be asked for: 1 to 100 can'],
    [{ size: 101 }, 'a page of 101 jobs cannot be asked for: 1 to 100 can'],
    [{ size: 1.5 }, 'a page of 1.5 jobs cannot be asked for: 1 to 100 can'],
    [{ states: [] }, 'a list of jobs in no state cannot be asked for'],
  ])('cannot ask for %j', async (query, message) => {
    await expect(queryOf(query)).rejects.toThrow(new RangeError(message));
  });

  test('can ask for a single job', async () => {
    expect(await queryOf({ size: 1 })).toMatchObject({ size: '1' });
  });

  test('gives the jobs in order, and the token of the next page', async () => {
    const { entries, nextToken, requestId } = await page(
      `${detail('d2')}${detail('d1')}<NextToken>91171</NextToken>`,
    );
    expect(entries.map((entry) => (entry.kind === 'job' ? entry.job.jobId : entry.kind))).toEqual([
      'd2',
      'd1',
    ]);
    expect([nextToken, requestId]).toEqual(['91171', 'request-7']);
  });

  test('reads the whole answer that a user saw, byte for byte', async () => {
    const { entries, nextToken } = await listDocJobs(answering(answer(fixture('pending.xml'))), SOURCE, {});
    expect(entries).toEqual([expect.objectContaining({ job: expect.objectContaining({ jobId: JOB_ID }) })]);
    expect(nextToken).toBeUndefined();
  });

  test.each(['', '<NextToken/>', '<NextToken></NextToken>', '<JobsDetail/>'])(
    'knows an empty last page by %j',
    async (body) => {
      expect(await page(body)).toMatchObject({ entries: [], nextToken: undefined });
    },
  );

  test('an entry that cannot be decoded does not spoil the page, and tells what of it could be read', async () => {
    const broken =
      '<JobsDetail><JobId>d9</JobId><Operation><UserData>mine</UserData></Operation></JobsDetail>';
    const { entries } = await page(
      detail('d1') + broken + '<JobsDetail>text</JobsDetail>' + detail('../d3') + detail('d4'),
    );
    expect(
      entries.map((entry) =>
        entry.kind === 'job' ? entry.job.jobId : [entry.kind, entry.jobId, entry.userData],
      ),
    ).toEqual([
      'd1',
      ['undecodable', 'd9', 'mine'],
      ['undecodable', undefined, undefined],
      ['undecodable', undefined, null],
      'd4',
    ]);
    for (const entry of entries)
      if (entry.kind === 'undecodable') expect(entry.error).toBeInstanceOf(UndecodableError);
  });

  test.each([
    '',
    '<Response><JobsDetail>',
    '<Error/>',
    '{}',
    '<Response><NextToken>1</NextToken><NextToken>2</NextToken></Response>',
  ])('refuses the answer %j', async (body) => {
    await expect(listDocJobs(answering(answer(body)), SOURCE, {})).rejects.toThrow(UndecodableError);
  });

  test('throws what stands in the way', async () => {
    const error = new Error('refused');
    await expect(listDocJobs(refusing(error), SOURCE, {})).rejects.toBe(error);
  });
});
