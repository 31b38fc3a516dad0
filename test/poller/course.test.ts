import { describe, expect, test } from '@jest/globals';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { Course } from '../../lib/poller/course.js';

const OUT_OF_TIME = new DocjobError('out-of-time', 'the time is over', { disposition: 'transient' });

describe('a run that goes on', () => {
  test('has no reason to stop, no failure, and nothing aborted', () => {
    const course = new Course(new AbortController().signal);
    expect([course.stopped, course.failure, course.isOver(), course.signal.aborted]).toEqual([
      undefined,
      undefined,
      false,
      false,
    ]);
  });
});

describe('a run that takes no more leases', () => {
  test('still looks at what it has, and tells its first reason', () => {
    const course = new Course(undefined);
    course.stop('lease-limit');
    course.stop('queue-empty');
    expect([course.stopped, course.isOver()]).toEqual(['lease-limit', false]);
  });
});

describe('a run that was asked to stop', () => {
  test('is over, with the reason of whoever asked, and says that it was aborted', () => {
    const abort = new AbortController();
    const course = new Course(abort.signal);
    const reason = new Error('SIGTERM');
    abort.abort(reason);
    expect([course.isOver(), course.signal.reason]).toEqual([true, reason]);
    course.stopAborted();
    expect([course.stopped, course.failure]).toEqual(['aborted', undefined]);
  });
});

describe('a run whose time is up', () => {
  test.each([
    ['that nobody can ask to stop', undefined],
    ['that nobody has asked to stop', new AbortController().signal],
  ])('is over, and says that it was out of time: one %s', (_name, signal) => {
    const course = new Course(signal);
    course.timeIsUp(OUT_OF_TIME);
    expect([course.isOver(), course.signal.reason]).toEqual([true, OUT_OF_TIME]);
    course.stopAborted();
    expect([course.stopped, course.failure]).toEqual(['out-of-time', undefined]);
  });

  test('keeps the reason that it had before to take no more leases', () => {
    const course = new Course(undefined);
    course.stop('queue-empty');
    course.timeIsUp(OUT_OF_TIME);
    course.stopAborted();
    expect(course.stopped).toBe('queue-empty');
  });
});

describe('a run that fails', () => {
  test('is over whatever it had stopped for, and is told by its first failure', () => {
    const course = new Course(undefined);
    course.stop('queue-empty');
    course.fail('service-unusable', 'no job was leased', OUT_OF_TIME);
    course.fail('run-failed', 'the run could not do its work', undefined);
    course.stop('lease-limit');
    expect(course.isOver()).toBe(true);
    expect([course.stopped, course.failure]).toEqual([
      'failed',
      { code: 'service-unusable', what: 'no job was leased', cause: OUT_OF_TIME },
    ]);
  });

  test('aborts nothing: what is in flight may end', () => {
    const course = new Course(undefined);
    course.fail('run-failed', 'the run could not do its work', undefined);
    expect(course.signal.aborted).toBe(false);
  });
});
