import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { after, before, millis, seconds, type Millis } from '../../lib/domain/units.js';
import { DEFAULT_SCHEDULE } from '../../lib/poller/schedule.js';
import { parseMessage } from '../../lib/queue/message.js';
import type { EnqueueResult, PendingJob } from '../../lib/queue/pending-queue.js';
import { QueueError } from '../../lib/queue/queue-error.js';
import type { Document } from '../../lib/submit/make-job.js';
import { firstLookDelay, Submitter } from '../../lib/submit/submitter.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { MemoryQueue } from '../support/memory-queue.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START, VirtualClock } from '../support/virtual-clock.js';
import { FakeCi, serviceError } from './fake-ci.js';

/** A queue that remembers what was enqueued, and can be told to fail. */
class Enqueued extends MemoryQueue {
  readonly jobs: PendingJob[] = [];
  readonly delays: Millis[] = [];
  failure: ((job: PendingJob) => readonly EnqueueResult[]) | undefined;

  constructor() {
    super([]);
  }

  // As a real queue: what happens inside rejects.
  // eslint-disable-next-line @typescript-eslint/require-await
  override async enqueue(
    jobs: readonly PendingJob[],
    delay: Millis = millis(0),
  ): Promise<readonly EnqueueResult[]> {
    if (this.failure !== undefined) return jobs.flatMap(this.failure);
    this.jobs.push(...jobs);
    this.delays.push(delay);
    return jobs.map((job) => ({ job, ok: true }));
  }
}

function setUp({ timeoutMs = 60_000 } = {}) {
  const ci = new FakeCi();
  const queue = new Enqueued();
  const clock = new VirtualClock();
  const lines: string[] = [];
  const log = jsonLog({ level: 'debug', now: () => clock.now(), write: (line) => lines.push(line) });
  const submitter = new Submitter(
    { requester: ci, clock, serviceNow: () => clock.now(), random: () => 0, queue, log },
    { deadline: after(START, millis(timeoutMs)), attemptTimeout: seconds(5), schedule: DEFAULT_SCHEDULE },
  );
  return { ci, queue, clock, lines, submitter };
}

const documentOf = (object: string, changes: Partial<Document['job']> = {}): Document => ({
  source: SOURCE,
  job: {
    object,
    output: { ...SOURCE, object: 'out/${Number}.jpg' },
    userData: `docjob:${object}`,
    ...changes,
  },
  isOurUserData: true,
});

describe('the first look at a job', () => {
  test('is at the floor of the schedule for a new job, and never later than the queue can', () => {
    expect(firstLookDelay(START, START, 0, DEFAULT_SCHEDULE, seconds(900))).toBe(10_000);
    expect(firstLookDelay(undefined, START, 1, DEFAULT_SCHEDULE, seconds(900))).toBe(7_500);
    expect(firstLookDelay(START, START, 0, DEFAULT_SCHEDULE, millis(0))).toBe(0);
  });

  test('comes after a share of the age of a job that was made before; a job from the future is new', () => {
    expect(firstLookDelay(before(START, seconds(400)), START, 0, DEFAULT_SCHEDULE, seconds(900))).toBe(
      100_000,
    );
    expect(firstLookDelay(after(START, seconds(400)), START, 0, DEFAULT_SCHEDULE, seconds(900))).toBe(10_000);
  });

  test('is within what the queue can, for any age', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000_000_000),
        fc.nat(900_000),
        fc.float({ min: 0, max: 1, noNaN: true }),
        (age, longest, random) => {
          const delay = firstLookDelay(
            before(START, millis(age)),
            START,
            random,
            DEFAULT_SCHEDULE,
            millis(longest),
          );
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(longest);
        },
      ),
    );
  });
});

describe('submitting', () => {
  test('puts the job into the queue with what is known about it', async () => {
    const { submitter, queue, lines } = setUp();
    await expect(submitter.submit(documentOf('a.docx'))).resolves.toEqual({
      ...{ object: 'a.docx', ok: true, jobId: 'd1', enqueued: true, existing: false },
    });
    expect(queue.jobs).toEqual([{ jobId: 'd1', ...SOURCE, queueId: 'p1', createdAt: START }]);
    expect(queue.delays).toEqual([10_000]);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ event: 'submitted', object: 'a.docx', jobId: 'd1' }),
    ]);
  });

  test.each<[string, (job: PendingJob) => readonly EnqueueResult[]]>([
    ['refuses it', (job) => [{ job, ok: false, error: new QueueError('queue-throttled', 'too many') }]],
    [
      'cannot be asked',
      () => {
        throw new QueueError('queue-unavailable', 'too many');
      },
    ],
    [
      'breaks',
      () => {
        throw new TypeError('too many');
      },
    ],
    ['says nothing', () => []],
  ])('gives back the ID and the message of a job when the queue %s, and goes on', async (_, failure) => {
    const { submitter, queue } = setUp();
    queue.failure = failure;
    const result = await submitter.submit(documentOf('a.docx'));
    expect(result).toMatchObject({
      object: 'a.docx',
      ok: false,
      jobId: 'd1',
      error: { code: 'not-enqueued' },
    });
    const [, body = ''] = /sent to the queue: (.*)$/.exec(result.ok ? '' : result.error.message) ?? [];
    expect(parseMessage(body, SOURCE)).toEqual({
      kind: 'job',
      job: { jobId: 'd1', ...SOURCE, queueId: 'p1', createdAt: START },
    });
    queue.failure = undefined;
    await expect(submitter.submit(documentOf('b.docx'))).resolves.toMatchObject({ ok: true });
  });

  test('makes no further job once the queue is closed to us', async () => {
    const { submitter, queue, ci } = setUp();
    queue.failure = (job) => [{ job, ok: false, error: new QueueError('queue-access-denied', 'no grant') }];
    await submitter.submit(documentOf('a.docx'));
    await expect(submitter.submit(documentOf('b.docx'))).resolves.toMatchObject({
      ok: false,
      error: { code: 'not-tried', message: expect.stringContaining('no grant') },
    });
    expect(ci.jobs).toHaveLength(1);
  });

  test('asks no more once our key is refused, but goes on after what concerns one document', async () => {
    const { submitter, ci } = setUp();
    ci.creates = [
      serviceError(400, 'job'),
      serviceError(403, 'configuration'),
      serviceError(401, 'credentials'),
    ];
    const codes: string[] = [];
    for (const object of ['a.docx', 'b.docx', 'c.docx', 'd.docx']) {
      const result = await submitter.submit(documentOf(object));
      codes.push(result.ok ? 'ok' : result.error.code);
    }
    expect(codes).toEqual(['http-400', 'http-403', 'http-401', 'not-tried']);
  });

  test('starts nothing that might not end in time', async () => {
    const { submitter, clock, ci } = setUp({ timeoutMs: 13_000 });
    await expect(submitter.submit(documentOf('a.docx'))).resolves.toMatchObject({ ok: true });
    clock.advance(millis(1));
    await expect(submitter.submit(documentOf('b.docx'))).resolves.toMatchObject({
      ok: false,
      error: {
        code: 'not-tried',
        message: 'nothing was tried: the call has 12999 ms left, but a document needs up to 13000 ms',
      },
    });
    expect(ci.asked).toEqual(['POST']);
  });

  test('takes a password out of whatever the service says', async () => {
    const { submitter, ci, lines } = setUp();
    ci.creates = [new DocjobError('InvalidArgument', 'hunter2 is no password', { disposition: 'job' })];
    const result = await submitter.submit(documentOf('a.docx', { docPassword: 'hunter2' }));
    expect(result).toMatchObject({ error: { message: '[redacted] is no password' } });
    expect(lines.join()).not.toContain('hunter2');
  });

  test('fails the one document that a bug strikes, and goes on', async () => {
    const { submitter, ci, lines } = setUp();
    ci.creates = [new TypeError('a bug')];
    await expect(submitter.submit(documentOf('a.docx'))).resolves.toMatchObject({
      ok: false,
      error: { code: 'unexpected', message: 'a bug' },
    });
    await expect(submitter.submit(documentOf('b.docx'))).resolves.toMatchObject({ ok: true });
    expect(lines[0]).toContain('a bug');
  });

  test('does not wait for a lost answer beyond its time: the caller hears of it', async () => {
    const { submitter, ci, clock } = setUp({ timeoutMs: 13_000 });
    ci.creates = ['never-made'];
    ci.onRequest = () => clock.advance(seconds(3));
    await expect(submitter.submit(documentOf('a.docx'))).resolves.toMatchObject({
      ok: false,
      error: { code: 'create-unknown', message: expect.stringContaining('no time was left') },
    });
    // A create and a look-up took three seconds each, and one was waited for.
    expect(clock.now()).toBe(after(START, seconds(7)));
  });
});
