import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { parseBucketName, parseJobId, parseRegion } from '../../lib/domain/names.js';
import { epochMs } from '../../lib/domain/units.js';
import { formatName, nonceFrom, parseName } from '../../lib/queue/bucket-name.js';
import { LAST_MOMENT } from '../../lib/queue/message.js';
import type { PendingJob } from '../../lib/queue/pending-queue.js';
import { urlEncode } from '../../lib/cos-signer/canonical.js';
import { aJobId, aPendingJob, SOURCE } from '../support/pending-jobs.js';

const matching = <T>(pattern: RegExp, parse: (text: string) => T | undefined): fc.Arbitrary<T> =>
  fc
    .stringMatching(pattern)
    .map(parse)
    .filter((value): value is NonNullable<typeof value> => value !== undefined);

const aTime = fc.integer({ min: 0, max: LAST_MOMENT }).map(epochMs);
const anId = matching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/, parseJobId);
const aJob: fc.Arbitrary<PendingJob> = fc
  .record(
    {
      jobId: anId,
      bucket: matching(/^[a-z0-9][a-z0-9-]{0,40}[a-z0-9]-\d{5,15}$/, parseBucketName),
      region: matching(/^[a-z]{2,10}(-[a-z0-9]{1,20}){1,3}$/, parseRegion),
      queueId: anId,
      createdAt: aTime,
      firstSeenAt: aTime,
      redrivenAt: aTime,
    },
    { requiredKeys: ['jobId', 'bucket', 'region'] },
  )
  .map((job) => ({ ...job }));
const aNonce = fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/);

describe('the name of a pending job', () => {
  test('says what there is to say, readably', () => {
    const job = aPendingJob(1, { queueId: 'p53', createdAt: epochMs(1_767_225_600_000) });
    expect(formatName(job, 'k3j2h1')).toBe(
      'd00000000000000000000000000000001~k3j2h1~1~b.docs-1250000000~r.ap-beijing~q.p53~c.1767225600000',
    );
  });

  test('reads back as the job that it was made of, whatever that is', () => {
    fc.assert(
      fc.property(aJob, aNonce, (job, nonce) => {
        expect(parseName(formatName(job, nonce), SOURCE)).toEqual({ kind: 'job', job });
      }),
    );
  });

  test('needs no encoding in a URL, and leaves room in a key', () => {
    fc.assert(
      fc.property(aJob, aNonce, (job, nonce) => {
        const name = formatName(job, nonce);
        expect(urlEncode(name)).toBe(name);
        expect(name.length).toBeLessThanOrEqual(493);
      }),
    );
  });

  test('is the only one of its job and nonce', () => {
    const separators = fc.constantFrom(
      '~',
      '.',
      '-',
      '_',
      '0',
      '1',
      'b',
      'r',
      'c',
      'f',
      'd',
      'q',
      ' ',
      '/',
      '%',
    );
    fc.assert(
      fc.property(aJob, aNonce, fc.nat(), separators, fc.boolean(), (job, nonce, where, what, insert) => {
        const name = formatName(job, nonce);
        const at = where % name.length;
        const other = name.slice(0, at) + what + name.slice(insert ? at : at + 1);
        const parsed = parseName(other, SOURCE);
        if (other === name || parsed.kind === 'not-a-job') return;
        // Another job, or another instance of this one: never this instance under another name.
        const [, otherNonce = ''] = other.split('~');
        expect(formatName(parsed.job, otherNonce) === name).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is what the documentation shows to whoever submits', () => {
    const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    const names = Array.from(text.matchAll(/^docjob\/pending\/(.*)$/gm), ([, name = '']) => name);
    const jobId = names[0];
    expect(names.map((name) => parseName(name, SOURCE))).toEqual([
      { kind: 'job', job: { jobId, ...SOURCE } },
      { kind: 'job', job: { jobId, ...SOURCE } },
      {
        kind: 'job',
        job: {
          jobId,
          bucket: 'examplebucket-1250000000',
          region: 'ap-shanghai',
          createdAt: Date.UTC(2026, 0, 1),
        },
      },
    ]);
  });

  test.each([
    ['d1', 'the bare job ID'],
    ['d1~a-nonce_1', 'with a nonce'],
    ['d1~n~1', 'with the layout and no fields'],
  ])('may be as short as %s (%s): bucket and region are the defaults', (name) => {
    expect(parseName(name, SOURCE)).toEqual({ kind: 'job', job: { jobId: 'd1', ...SOURCE } });
  });

  test.each([
    ['d1~n~1~c.5', { createdAt: 5 }],
    ['d1~n~1~c.0', { createdAt: 0 }],
    ['d1~n~1~d.8640000000000000', { redrivenAt: 8_640_000_000_000_000 }],
    [`d1~${'n'.repeat(32)}~1~q.p1`, { queueId: 'p1' }],
  ])('may leave out the bucket and say something else: %s', (name, facts) => {
    expect(parseName(name, SOURCE)).toEqual({ kind: 'job', job: { jobId: 'd1', ...SOURCE, ...facts } });
  });

  test.each([
    ['', 'jobId'],
    ['README.md', 'jobId'],
    ['sub/', 'jobId'],
    ['sub/d1', 'jobId'],
    ['.hidden', 'jobId'],
    ['../d1', 'jobId'],
    ['d1 ', 'jobId'],
    ['d1~', 'expected'],
    ['~d1', 'expected'],
    ['d1~~1', 'expected'],
    [`d1~${'n'.repeat(33)}`, 'expected'],
    ['d1~n~x~2', 'expected'],
    ['d1~n~2x', 'expected'],
    ['d1~n~', 'expected'],
    ['d1~n~1~', 'expected'],
    ['d1~no nonce', 'expected'],
    ['d1~n~1~b.docs-1250000000', 'expected'],
    ['d1~n~1~r.ap-beijing', 'expected'],
    ['d1~n~1~c.5~q.p1', 'expected'],
    ['d1~n~1~c.5~c.5', 'expected'],
    ['d1~n~1~x.5', 'expected'],
    ['d1~n~1~c.05', 'createdAt'],
    ['d1~n~1~c.-5', 'createdAt'],
    ['d1~n~1~c.1e3', 'createdAt'],
    ['d1~n~1~d.8640000000000001', 'redrivenAt'],
    ['d1~n~1~f.x5', 'firstSeenAt'],
    ['d1~n~1~q.p+1', 'queueId'],
    ['d1~n~1~b.no-app-id~r.ap-beijing', 'bucket'],
    ['d1~n~1~b.docs-1250000000~r.nowhere', 'region'],
    ['d1~n~2~c.5', 'layout 2'],
    ['d1~n~2', 'layout 2'],
    ['d1~nonce~12~z', 'layout 12'],
    [`${'d'.repeat(129)}~n`, 'jobId'],
    ['d1\u202e', 'jobId'],
  ])('that is none is refused with the reason: %j', (name, reason) => {
    const parsed = parseName(name, SOURCE);
    expect(parsed).toMatchObject({ kind: 'not-a-job', problem: expect.stringContaining(reason) });
    expect(parsed).toMatchObject({ problem: expect.stringContaining('the object\'s name is "') });
    expect(JSON.stringify(parsed)).not.toContain('\u202e');
  });

  test('a nonce of ours is ten characters, whatever chance says', () => {
    for (const random of [0, 1e-12, 0.5, 1 - 2 ** -53]) {
      expect(nonceFrom(random)).toMatch(/^[a-z0-9]{10}$/);
      expect(parseName(formatName(aPendingJob(1), nonceFrom(random)), SOURCE)).toMatchObject({
        kind: 'job',
        job: { jobId: aJobId(1) },
      });
    }
  });
});
