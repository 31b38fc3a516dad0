import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseBucketName, parseJobId, parseRegion } from '../../lib/domain/names.js';
import { epochMs } from '../../lib/domain/units.js';
import { formatMessage, parseMessage, redrivenBy } from '../../lib/queue/message.js';
import type { PendingJob } from '../../lib/queue/pending-queue.js';
import { aBucket, aJobId, aPendingJob, aRegion, SOURCE } from '../support/pending-jobs.js';

const parse = (body: string) => parseMessage(body, SOURCE);

/** The problem of a body that is no job. */
function problemOf(body: string): string {
  const parsed = parse(body);
  if (parsed.kind === 'job') throw new Error(`${body} was taken for the job ${parsed.job.jobId}`);
  return parsed.problem;
}

const jobId = aJobId(1);
const ELSEWHERE = { bucket: 'scans-1250000000', region: 'ap-shanghai' };

const moments = fc.integer({ min: 0, max: 8.64e15 }).map(epochMs);
const jobs: fc.Arbitrary<PendingJob> = fc.record(
  {
    jobId: fc
      .stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/)
      .map((text) => parseJobId(text) ?? aJobId(0)),
    bucket: fc.stringMatching(/^[a-z0-9]{1,20}-\d{5,15}$/).map((text) => aBucket(text)),
    region: fc.stringMatching(/^[a-z]{2,10}-[a-z0-9]{1,20}$/).map((text) => aRegion(text)),
    queueId: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/),
    createdAt: moments,
    firstSeenAt: moments,
    redrivenAt: moments,
  },
  { requiredKeys: ['jobId', 'bucket', 'region'] },
);

describe('a message that is a job', () => {
  test('comes back from its text as it was', () => {
    fc.assert(
      fc.property(jobs, (job) => {
        expect(parse(formatMessage(job))).toEqual({ kind: 'job', job });
      }),
    );
  });

  test.each([
    ['a bare ID', jobId],
    ['a bare ID with a line end, as echo writes it', `${jobId}\n`],
    ['an ID as a JSON string', JSON.stringify(jobId)],
    ['an ID as a JSON string with space around it', ` ${JSON.stringify(jobId)}\n`],
    ['an object with space around it', `\n${JSON.stringify({ jobId })} `],
    ['an object without bucket and region', JSON.stringify({ jobId })],
  ])('%s is a job of the default bucket', (_what, body) => {
    expect(parse(body)).toEqual({ kind: 'job', job: { jobId, ...SOURCE } });
  });

  test('names its own bucket and region', () => {
    expect(parse(JSON.stringify({ jobId, ...ELSEWHERE }))).toEqual({
      kind: 'job',
      job: { jobId, ...ELSEWHERE },
    });
  });

  test('may hold fields of others', () => {
    expect(parse(JSON.stringify({ jobId, trace: { id: 7 }, __proto: 1 }))).toEqual({
      kind: 'job',
      job: { jobId, ...SOURCE },
    });
  });

  test.each([
    ['CI’s form', '2020-07-24T17:28:47+0800'],
    ['RFC 3339', '2020-07-24T09:28:47Z'],
    ['milliseconds', 1_595_582_927_000],
  ])('may tell its creation time in %s', (_form, createdAt) => {
    expect(parse(JSON.stringify({ jobId, createdAt }))).toMatchObject({
      job: { createdAt: 1_595_582_927_000 },
    });
  });

  test.each([0, 8.64e15])('keeps the first and the last moment that is a time: %d', (moment) => {
    expect(parse(formatMessage(aPendingJob(1, { createdAt: epochMs(moment) })))).toMatchObject({
      job: { createdAt: moment },
    });
  });

  test.each([
    [undefined, undefined],
    [99, 99],
    [100, 100],
    [101, 100],
  ])('that was sent at 100 and says that it was redriven at %d was so at %d', (claimed, believed) => {
    const claim = claimed === undefined ? {} : { redrivenAt: epochMs(claimed) };
    const parsed = redrivenBy(epochMs(100), parse(formatMessage(aPendingJob(1, claim))));
    expect(parsed).toEqual({
      kind: 'job',
      job: aPendingJob(1, believed === undefined ? {} : { redrivenAt: epochMs(believed) }),
    });
  });
});

describe('a message that is no job', () => {
  test.each([
    ['jobId', { jobId: 7 }],
    ['no jobId', { ...ELSEWHERE }],
    ['jobId', { jobId: '../x' }],
    ['bucket', { jobId, ...ELSEWHERE, bucket: 'no-appid' }],
    ['bucket', { jobId, ...ELSEWHERE, bucket: null }],
    // A label of IDNA that decodes to nothing: to some clients no host name at all.
    ['bucket', { jobId, ...ELSEWHERE, bucket: 'xn--docs-1250000000' }],
    ['region', { jobId, ...ELSEWHERE, region: 'ap-beijing.evil.example' }],
    ['a bucket but no region', { jobId, bucket: ELSEWHERE.bucket }],
    ['a region but no bucket', { jobId, region: ELSEWHERE.region }],
    ['queueId', { jobId, queueId: '' }],
    ['queueId', { jobId, queueId: 'p1&bucket=evil' }],
    ['createdAt', { jobId, createdAt: 'yesterday' }],
    ['createdAt', { jobId, createdAt: '2021-02-31T00:00:00Z' }],
    ['createdAt', { jobId, createdAt: -1 }],
    // Its copy would be written in milliseconds, and would be refused.
    ['createdAt', { jobId, createdAt: '1969-12-31T23:59:59Z' }],
    ['firstSeenAt', { jobId, firstSeenAt: 1.5 }],
    ['firstSeenAt', { jobId, firstSeenAt: '1595582927000' }],
    ['redrivenAt', { jobId, redrivenAt: 8.64e15 + 1 }],
    ['redrivenAt', { jobId, redrivenAt: true }],
  ])('is told by its field %s: %j', (field, value) => {
    expect(problemOf(JSON.stringify(value))).toContain(field);
  });

  test.each([
    ['jobId', 'a job ID'],
    ['bucket', 'docs-1250000000'],
    ['region', 'ap-beijing'],
    ['queueId', 'CI queue'],
    ['createdAt', 'RFC 3339'],
    ['firstSeenAt', 'milliseconds since 1970'],
    ['redrivenAt', 'milliseconds since 1970'],
  ])('says what its field %s is, and what it should be', (field, expected) => {
    const problem = problemOf(JSON.stringify({ jobId, ...ELSEWHERE, [field]: ['so it', 'is'] }));
    expect(problem).toMatch(new RegExp(`field ${field} is \\["so it","is"\\].*expected.*${expected}`));
  });

  test.each([
    '',
    ' ',
    '{',
    '{"jobId":"d1"',
    '[]',
    '["d1"]',
    '"',
    '""',
    'null',
    'true',
    'false',
    ' null ',
    'a b',
    'd/1',
    'd\u00001',
    '<xml/>',
  ])('can be anything: %j', (body) => {
    expect(problemOf(body)).toContain('expected a job ID');
  });

  test('is not read at all beyond four kibibytes, counted in UTF-8', () => {
    const ofBytes = (count: number): string => {
      const rest = JSON.stringify({ jobId, filler: 'ü' });
      return JSON.stringify({ jobId, filler: `ü${'x'.repeat(count - Buffer.byteLength(rest))}` });
    };
    expect(parse(ofBytes(4_096)).kind).toBe('job');
    expect(problemOf(ofBytes(4_097))).toMatch(/4097 bytes.*4096 at most/);
  });

  test('is quoted briefly, on one line, and without control characters', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 500 }), fc.json()), (body) => {
        const parsed = parse(body);
        if (parsed.kind === 'job') return;
        expect(parsed.problem).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u);
        expect(parsed.problem.length).toBeLessThan(600);
      }),
    );
    for (const value of ['Q'.repeat(3_000), ['Q'.repeat(3_000)]]) {
      const quoted = problemOf(JSON.stringify({ jobId: value })).match(/Q/g)?.length;
      expect(quoted).toBeGreaterThan(50);
      expect(quoted).toBeLessThanOrEqual(60);
    }
    // A text stays one, with its end.
    expect(problemOf(JSON.stringify({ jobId: 'Q'.repeat(3_000) }))).toContain(
      `is "${'Q'.repeat(60)}": expected`,
    );
    expect(problemOf('bad\u001b[31m\r\nid \u202e\u0085')).toContain('\\u001b[31m\\r\\nid \\u202e\\u0085');
  });
});

describe('nothing but valid names gets through', () => {
  /** What would leave a host label or a path segment. */
  const hostile = fc
    .tuple(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(...Array.from('/\\.:@?#%&=\u0000\r\n\t "\''), '..', '%2e'),
      fc.string({ maxLength: 20 }),
    )
    .map((parts) => parts.join(''));

  test.each(['jobId', 'bucket', 'region', 'queueId'])('a hostile %s is never accepted', (field) => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(parse(JSON.stringify({ jobId, ...ELSEWHERE, [field]: text })).kind).toBe('not-a-job');
      }),
    );
  });

  test('whatever is accepted is made of names that parse', () => {
    const bodies = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .record({ jobId: fc.string(), bucket: fc.string(), region: fc.string() }, { requiredKeys: ['jobId'] })
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        const parsed = parse(body);
        if (parsed.kind === 'not-a-job') return;
        const { job } = parsed;
        expect([parseJobId(job.jobId), parseBucketName(job.bucket), parseRegion(job.region)]).toEqual([
          job.jobId,
          job.bucket,
          job.region,
        ]);
      }),
    );
  });
});
