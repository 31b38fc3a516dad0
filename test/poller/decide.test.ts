import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { TransportError } from '../../lib/cos/errors/transport-error.js';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import type { DescribeAnswer, DocJob, JobFacts, PageInfo } from '../../lib/doc-jobs/doc-job.js';
import type { WrittenTime } from '../../lib/domain/rfc3339.js';
import type { Disposition } from '../../lib/domain/docjob-error.js';
import { after, days, hours, millis, minutes, seconds, type EpochMs } from '../../lib/domain/units.js';
import {
  decide,
  decideOnAbsence,
  decideOnFailedWrite,
  DEFAULT_MAX_AGE,
  DEFAULT_UNKNOWN_JOB_GRACE,
  type Circumstances,
  type Observation,
} from '../../lib/poller/decide.js';
import { DEFAULT_SCHEDULE } from '../../lib/poller/schedule.js';
import { aJobId, aPendingJob } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

const policy = {
  schedule: DEFAULT_SCHEDULE,
  maxAge: DEFAULT_MAX_AGE,
  unknownJobGrace: DEFAULT_UNKNOWN_JOB_GRACE,
};

const at = (moment: EpochMs): WrittenTime => ({ iso: new Date(moment).toISOString(), at: moment });

const facts: JobFacts = {
  jobId: aJobId(1),
  code: 'Success',
  message: null,
  tag: 'DocProcess',
  queueId: null,
  inputObject: '1.doc',
  output: null,
  userData: null,
  creationTime: at(START),
  startTime: null,
  endTime: null,
};

const page: PageInfo = { pageNo: 1, tgtUri: 'a/1.jpg', picIndex: null, picNum: null, sheetPics: null };

const found = (job: DocJob): Observation => ({
  kind: 'answered',
  answer: { kind: 'found', job, requestId: undefined },
});

const missing: Observation = {
  kind: 'answered',
  answer: { kind: 'missing', jobId: aJobId(1), requestId: undefined } satisfies DescribeAnswer,
};

const success = (pages: number, succeeded: number | null, endTime: WrittenTime | null): DocJob => ({
  ...facts,
  state: 'Success',
  endTime,
  counts: { total: succeeded, succeeded, failed: 0, sheets: null },
  pages: Array.from({ length: pages }, (_, index) => ({
    ...page,
    pageNo: index + 1,
    tgtUri: `a/${index + 1}.jpg`,
  })),
});

const about = (changes: Partial<Circumstances> & { age?: number } = {}): Circumstances => ({
  pending: aPendingJob(1),
  firstSeenAt: START,
  now: after(START, millis(changes.age ?? 0)),
  random: 0,
  ...changes,
});

const refused = (disposition: Disposition) =>
  new ServiceError({ asked: 'GET x', status: 403, serviceCode: 'Code', disposition, requestId: 'NjA=' });

describe('a job that has ended', () => {
  test.each(['Failed', 'Cancel'] as const)('gets its manifest when it is %s, at any age', (state) => {
    for (const age of [0, minutes(5), days(3), days(30)]) {
      expect(decide(found({ ...facts, state }), about({ age }), policy)).toMatchObject({
        kind: 'finish',
        complete: true,
      });
    }
  });

  test('gets its manifest when all counted pages are there, at any age', () => {
    for (const age of [0, days(3), days(30)]) {
      expect(decide(found(success(2, 2, at(START))), about({ age }), policy)).toMatchObject({
        kind: 'finish',
        complete: true,
      });
    }
  });

  test('more pages than counted are whole, and so is a success that counts none', () => {
    expect(decide(found(success(3, 2, at(START))), about(), policy)).toMatchObject({ complete: true });
    expect(decide(found(success(0, 0, at(START))), about(), policy)).toMatchObject({ complete: true });
  });
});

describe('a success with fewer pages than counted', () => {
  const endTime = at(after(START, hours(5)));

  test('has fewer than counted where one page is there twice, since the other is not', () => {
    const job = success(3, 4, at(START));
    if (job.state !== 'Success') throw new Error('it is a success');
    const repeating = { ...job, pages: [...job.pages, page] };
    expect(repeating.pages).toHaveLength(4);
    expect(decide(found(repeating), about({ age: 1 }), policy)).toMatchObject({ kind: 'look-again' });
    expect(decide(found(repeating), about({ age: minutes(10) }), policy)).toMatchObject({
      kind: 'finish',
      complete: false,
    });
  });

  test('may still be filling: it is looked at again, soon, however long the job took', () => {
    const decision = decide(
      found(success(1, 6, endTime)),
      about({ now: after(endTime.at, seconds(4)) }),
      policy,
    );
    expect(decision).toEqual({ kind: 'look-again', delay: 10_000 });
  });

  test('is written as incomplete from ten minutes after its end', () => {
    const job = success(1, 6, endTime);
    const just = after(endTime.at, millis(minutes(10) - 1));
    expect(decide(found(job), about({ now: just }), policy).kind).toBe('look-again');
    expect(decide(found(job), about({ now: after(endTime.at, minutes(10)) }), policy)).toEqual({
      kind: 'finish',
      job,
      complete: false,
    });
  });

  test('is waited for past the maximum age when it ended just before', () => {
    const late = at(after(START, millis(DEFAULT_MAX_AGE - minutes(1))));
    expect(decide(found(success(1, 6, late)), about({ age: DEFAULT_MAX_AGE }), policy).kind).toBe(
      'look-again',
    );
  });

  test('is believed about an end that is ahead of our clock: by a quarter of an hour and no more', () => {
    const kindOf = (ahead: number) => {
      const end = at(after(START, millis(days(5) + ahead)));
      return decide(found(success(1, 6, end)), about({ age: days(5) }), policy).kind;
    };
    expect(kindOf(minutes(15))).toBe('look-again');
    expect(kindOf(minutes(15) + 1)).toBe('finish');
  });

  test('with an end in the future is not waited for without end', () => {
    const future = at(after(START, days(300)));
    expect(decide(found(success(1, 6, future)), about({ age: hours(71) }), policy)).toEqual({
      kind: 'look-again',
      delay: minutes(30),
    });
    expect(decide(found(success(1, 6, future)), about({ age: days(3) }), policy)).toMatchObject({
      complete: false,
    });
  });

  test('without an end time is waited for until the maximum age', () => {
    expect(decide(found(success(1, 6, null)), about({ age: hours(71) }), policy).kind).toBe('look-again');
    expect(decide(found(success(1, 6, null)), about({ age: hours(72) }), policy)).toMatchObject({
      complete: false,
    });
  });

  test('a success that shows no page and counts none is not believed at once', () => {
    expect(decide(found(success(0, null, endTime)), about({ now: endTime.at }), policy).kind).toBe(
      'look-again',
    );
    expect(decide(found(success(1, null, endTime)), about({ now: endTime.at }), policy)).toMatchObject({
      kind: 'finish',
      complete: true,
    });
  });
});

describe('a job that has not ended', () => {
  test.each(['Submitted', 'Running', 'Pause'] as const)('is looked at again while %s', (state) => {
    expect(decide(found({ ...facts, state }), about({ age: minutes(4) }), policy)).toEqual({
      kind: 'look-again',
      delay: minutes(1),
    });
  });

  test('F5: an unknown state is looked at again, and is not looked at for ever', () => {
    const job: DocJob = { ...facts, state: 'Unrecognized', reportedState: 'Exploded' };
    expect(decide(found(job), about({ age: hours(71) }), policy).kind).toBe('look-again');
    expect(decide(found(job), about({ age: hours(72) }), policy)).toEqual({
      kind: 'give-up',
      reason: 'unknown-state',
      detail: 'the job is in the unknown state "Exploded"',
    });
  });

  test('F2: is given up at the maximum age, and not before', () => {
    const job: DocJob = { ...facts, state: 'Running' };
    expect(decide(found(job), about({ age: DEFAULT_MAX_AGE - 1 }), policy).kind).toBe('look-again');
    expect(decide(found(job), about({ age: DEFAULT_MAX_AGE }), policy)).toEqual({
      kind: 'give-up',
      reason: 'too-old',
      detail: expect.stringContaining('Running') as unknown,
    });
  });

  test('F12: Code says Success while the job is only submitted, and is not believed', () => {
    expect(decide(found({ ...facts, code: 'Success', state: 'Submitted' }), about(), policy).kind).toBe(
      'look-again',
    );
  });
});

describe('the two ages of a job', () => {
  const running = found({ ...facts, creationTime: at(after(START, hours(-10))), state: 'Running' });
  const silent = found({ ...facts, creationTime: null, state: 'Running' });

  test("the delay goes by CI's creation time", () => {
    expect(decide(running, about(), policy)).toEqual({ kind: 'look-again', delay: minutes(30) });
  });

  test("without one, by the submitter's claim", () => {
    const pending = aPendingJob(1, { createdAt: after(START, minutes(-40)) });
    expect(decide(silent, about({ pending }), policy)).toEqual({ kind: 'look-again', delay: minutes(10) });
  });

  test('without either, by the time since the queue first saw it', () => {
    expect(decide(silent, about({ age: minutes(40) }), policy)).toEqual({
      kind: 'look-again',
      delay: minutes(10),
    });
  });

  test('a claim from the future cannot keep the delays short', () => {
    const pending = aPendingJob(1, { createdAt: after(START, days(10_000)) });
    expect(decide(silent, about({ pending, age: hours(4) }), policy)).toEqual({
      kind: 'look-again',
      delay: minutes(30),
    });
  });

  test('a claim of old age gives nothing up', () => {
    const pending = aPendingJob(1, {
      createdAt: after(START, days(-300)),
      firstSeenAt: after(START, days(-300)),
    });
    expect(decide(silent, about({ pending }), policy).kind).toBe('look-again');
    expect(decide(missing, about({ pending }), policy).kind).toBe('look-again');
  });

  test('giving up counts from a redrive when that was later', () => {
    const pending = aPendingJob(1, { redrivenAt: after(START, days(3)) });
    expect(decide(running, about({ pending, age: days(5) }), policy).kind).toBe('look-again');
    expect(decide(running, about({ pending, age: days(6) }), policy).kind).toBe('give-up');
  });

  test('a redrive by a clock a little ahead counts: by a quarter of an hour and no more', () => {
    const kindOf = (ahead: number) => {
      const pending = aPendingJob(1, { redrivenAt: after(START, millis(days(5) + ahead)) });
      return decide(running, about({ pending, age: days(5) }), policy).kind;
    };
    expect(kindOf(minutes(15))).toBe('look-again');
    expect(kindOf(minutes(15) + 1)).toBe('give-up');
  });

  test('a redrive from the far future is not ours, and keeps no job alive', () => {
    const pending = aPendingJob(1, { redrivenAt: after(START, days(4_000)) });
    expect(decide(running, about({ pending, age: days(5) }), policy).kind).toBe('give-up');
  });
});

describe('a job that CI does not know', () => {
  test('may only lag behind its creation', () => {
    expect(decide(missing, about({ age: minutes(59) }), policy).kind).toBe('look-again');
  });

  test('is given up after the grace time', () => {
    expect(decide(missing, about({ age: hours(1) }), policy)).toEqual({
      kind: 'give-up',
      reason: 'unknown-job',
      detail: `CI knows no job ${aJobId(1)} in docs-1250000000 (ap-beijing)`,
    });
  });
});

describe('a look that failed', () => {
  test.each(['configuration', 'job'] as const)(
    'for a reason of %s ends in the dead letters at the maximum age',
    (disposition) => {
      const observation: Observation = { kind: 'unanswered', error: refused(disposition) };
      expect(decide(observation, about({ age: hours(71) }), policy).kind).toBe('look-again');
      expect(decide(observation, about({ age: hours(72) }), policy)).toEqual({
        kind: 'give-up',
        reason: 'look-failed',
        detail: 'GET x was answered with 403 Code (request ID NjA=)',
        lastError: {
          code: 'Code',
          message: 'GET x was answered with 403 Code (request ID NjA=)',
          requestId: 'NjA=',
        },
      });
    },
  );

  test('an answer that never gets better ends there at the same age', () => {
    const observation: Observation = { kind: 'unanswered', error: new UndecodableError('no root') };
    expect(decide(observation, about({ age: hours(71) }), policy).kind).toBe('look-again');
    expect(decide(observation, about({ age: hours(72) }), policy)).toMatchObject({
      reason: 'look-failed',
      lastError: { code: 'undecodable-answer' },
    });
  });

  test.each([
    ['no answer', new TransportError('timeout', 'GET x had no whole answer')],
    ['throttling', refused('throttled')],
    ['a clock', refused('skewed')],
    ['our key', refused('credentials')],
  ])('because of %s is no verdict: it gets a day more', (_name, error) => {
    const observation: Observation = { kind: 'unanswered', error };
    expect(decide(observation, about({ age: millis(days(4) - 1) }), policy).kind).toBe('look-again');
    expect(decide(observation, about({ age: days(4) }), policy).kind).toBe('give-up');
  });
});

describe('an ended job whose manifest cannot be written', () => {
  const job = { ...facts, state: 'Failed' as const };

  test('is tried again, and given up as such at the maximum age', () => {
    const error = refused('configuration');
    expect(decideOnFailedWrite(error, job, about({ age: hours(71) }), policy).kind).toBe('look-again');
    expect(decideOnFailedWrite(error, job, about({ age: hours(72) }), policy)).toMatchObject({
      kind: 'give-up',
      reason: 'manifest-failed',
      lastError: { code: 'Code', requestId: 'NjA=' },
    });
  });

  test.each([
    [400, 'job'],
    [403, 'configuration'],
  ] as const)(
    'because a HEAD was refused with %d, which names no reason, is no verdict either: it gets a day more',
    (status, disposition) => {
      const error = new ServiceError({ asked: 'HEAD x', status, disposition, isUnexplained: true });
      expect(decideOnFailedWrite(error, job, about({ age: millis(days(4) - 1) }), policy).kind).toBe(
        'look-again',
      );
      expect(decideOnFailedWrite(error, job, about({ age: days(4) }), policy)).toMatchObject({
        reason: 'manifest-failed',
        lastError: { code: `http-${status}` },
      });
    },
  );
});

test('every observation at any age has a decision, and its delay is within the schedule', () => {
  const observations = fc.constantFrom<Observation>(
    missing,
    found({ ...facts, state: 'Running' }),
    found({ ...facts, state: 'Unrecognized', reportedState: 'x' }),
    found(success(1, 2, at(START))),
    { kind: 'unanswered', error: refused('throttled') },
    { kind: 'unanswered', error: refused('configuration') },
  );
  const moment = fc.option(fc.integer({ min: -1e12, max: 1e13 }), { nil: undefined });
  fc.assert(
    fc.property(
      observations,
      moment,
      moment,
      fc.integer({ min: -1e9, max: 1e11 }),
      (observation, createdAt, redrivenAt, age) => {
        const pending = aPendingJob(1, {
          ...(createdAt === undefined ? {} : { createdAt: after(START, millis(createdAt)) }),
          ...(redrivenAt === undefined ? {} : { redrivenAt: after(START, millis(redrivenAt)) }),
        });
        const decision = decide(observation, about({ pending, age }), policy);
        if (decision.kind !== 'look-again') return;
        expect(decision.delay).toBeGreaterThanOrEqual(DEFAULT_SCHEDULE.floor);
        expect(decision.delay).toBeLessThanOrEqual(DEFAULT_SCHEDULE.ceiling);
      },
    ),
  );
});

describe('that a list of ended jobs does not show a job', () => {
  test('lets it wait for its next look, by its age', () => {
    expect(decideOnAbsence(about({ age: hours(1) }), policy)).toEqual({
      kind: 'look-again',
      delay: minutes(15),
    });
  });

  test('decides nothing at the maximum age, when the job must be asked about', () => {
    expect(decideOnAbsence(about({ age: DEFAULT_MAX_AGE }), policy)).toBeUndefined();
  });
});
