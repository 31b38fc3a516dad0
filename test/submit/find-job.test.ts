import { describe, expect, test } from '@jest/globals';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { findJobs, type Wanted } from '../../lib/submit/find-job.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { CREATION_TIME, FakeCi, jobsDetail, serviceError } from './fake-ci.js';

const WANTED: Wanted = {
  userData: 'wanted',
  isWanted: ({ userData }) => userData === 'wanted',
  queueId: undefined,
  createdFrom: START,
  createdTo: START,
  extent: 'first',
};
const entry = (jobId: string, userData: string): string =>
  jobsDetail({ jobId, userData, object: 'a.docx', creationTime: CREATION_TIME });

/** A list of so many pages, each with one other job and `on` with the wanted ones of that page. */
function pages(count: number, on: Readonly<Record<number, string>> = {}): FakeCi {
  const ci = new FakeCi();
  ci.page = ({ nextToken = '1' }) => {
    const page = Number(nextToken);
    const next = page < count ? `<NextToken>${page + 1}</NextToken>` : '';
    return entry(`d${page}`, 'other') + (on[page] ?? '') + next;
  };
  return ci;
}

const find = async (ci: FakeCi, changes: Partial<Wanted> = {}): Promise<readonly string[]> =>
  (await findJobs(ci, SOURCE, { ...WANTED, ...changes })).map(({ jobId }) => jobId);

describe('a look-up', () => {
  test('reads every page before it says that there is none', async () => {
    const ci = pages(3);
    await expect(find(ci)).resolves.toEqual([]);
    expect(ci.requests.map(({ query }) => query?.['nextToken'])).toEqual([undefined, '2', '3']);
  });

  test('stops at the first page that has one, or finds all', async () => {
    const on = { 2: entry('d8', 'wanted'), 3: entry('d9', 'wanted') };
    await expect(find(pages(3, on))).resolves.toEqual(['d8']);
    await expect(find(pages(3, on), { extent: 'all' })).resolves.toEqual(['d8', 'd9']);
  });

  test('counts a job once that the list repeats', async () => {
    const on = { 1: entry('d8', 'wanted'), 2: entry('d8', 'wanted') };
    await expect(find(pages(2, on), { extent: 'all' })).resolves.toEqual(['d8']);
  });

  test('passes over an entry that cannot be read but is not the one', async () => {
    const broken =
      '<JobsDetail><JobId>d7</JobId><Operation><UserData>other</UserData></Operation></JobsDetail>';
    await expect(find(pages(1, { 1: broken }))).resolves.toEqual([]);
  });

  test('takes the ID of an entry that is the one, whatever else of it cannot be read', async () => {
    const broken =
      '<JobsDetail><JobId>d7</JobId><Operation><UserData>wanted</UserData></Operation></JobsDetail>';
    await expect(find(pages(1, { 1: broken }))).resolves.toEqual(['d7']);
  });

  test('asks for smaller pages when one cannot be read whole', async () => {
    const ci = pages(1, { 1: entry('d8', 'wanted') });
    const { page } = ci;
    ci.page = (query) => {
      if (query['size'] !== '1') throw new UndecodableError('the answer is larger than 8388608 bytes');
      return page(query);
    };
    await expect(find(ci)).resolves.toEqual(['d8']);
    expect(ci.requests.map(({ query }) => query?.['size'])).toEqual(['100', '10', '1']);
  });

  test.each<[string, FakeCi, string]>([
    ['there are too many jobs', pages(51), 'more than 50 pages'],
    [
      'an entry cannot be read',
      pages(2, { 1: '<JobsDetail><JobId>d7</JobId><Operation>text</Operation></JobsDetail>' }),
      '1 of the jobs listed could not be read',
    ],
    [
      'an entry that is the one has no ID',
      pages(1, { 1: '<JobsDetail><Operation><UserData>wanted</UserData></Operation></JobsDetail>' }),
      '1 of the jobs',
    ],
  ])('fails, and does not say that there is none, when %s', async (_, ci, problem) => {
    await expect(find(ci)).rejects.toMatchObject({
      code: 'look-up-failed',
      message: expect.stringContaining(problem),
    });
  });

  test('fails when the list goes round in circles', async () => {
    const ci = new FakeCi();
    ci.page = () => '<NextToken>7</NextToken>';
    await expect(find(ci)).rejects.toMatchObject({
      message: expect.stringContaining('the list goes round in circles'),
      cause: { requestId: 'r1' },
    });
    expect(ci.requests).toHaveLength(2);
  });

  test.each([
    [serviceError(401, 'credentials'), 'credentials'],
    [serviceError(403, 'configuration'), 'configuration'],
    [new UndecodableError('no XML'), 'transient'],
  ])('fails with what stands in the way', async (error, disposition) => {
    const ci = new FakeCi();
    ci.page = () => {
      throw error;
    };
    await expect(find(ci)).rejects.toMatchObject({ code: 'look-up-failed', disposition, cause: error });
  });
});
