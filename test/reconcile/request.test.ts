import { describe, expect, test } from '@jest/globals';
import { hours, minutes } from '../../lib/domain/units.js';
import { parseReconcileRequest } from '../../lib/reconcile/request.js';
import { aBucket, SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

const parse = (request: unknown) =>
  parseReconcileRequest(request, {
    source: SOURCE,
    isAllowedBucket: (bucket) => bucket.endsWith('-1250000000'),
    now: START,
  });

describe('a request to reconcile', () => {
  test('needs no more than where to begin', () => {
    expect(parse({ from: '2025-12-31T00:00:00Z' })).toEqual({
      source: SOURCE,
      queueId: undefined,
      createdFrom: START - hours(24),
      createdTo: START,
      settledFor: minutes(60),
      except: new Set(),
      enqueue: false,
    });
  });

  test('can say everything', () => {
    const request = {
      from: '2025-12-30T08:00:00+08:00',
      to: '2025-12-31T00:00:00Z',
      bucket: 'other-1250000000',
      region: 'ap-shanghai',
      queueId: 'p532fdead78444e649e1a4467c1cd19d3',
      settledForMinutes: 30,
      except: ['d1'],
      enqueue: true,
    };
    expect(parse(request)).toEqual({
      source: { bucket: aBucket('other-1250000000'), region: 'ap-shanghai' },
      queueId: 'p532fdead78444e649e1a4467c1cd19d3',
      createdFrom: START - hours(48),
      createdTo: START - hours(24),
      settledFor: minutes(30),
      except: new Set(['d1']),
      enqueue: true,
    });
  });

  test.each<[Record<string, unknown>, RegExp]>([
    [{}, /from/],
    [{ from: 'yesterday' }, /from: expected a time in RFC 3339/],
    [{ from: 5 }, /from: expected a time/],
    [{ from: '2026-01-01T00:00:00Z' }, /from must be before to/],
    [{ from: '2025-12-31T00:00:00Z', to: 'now' }, /to: expected a time/],
    [{ from: '2025-12-31T00:00:00Z', bucket: 'evil.example' }, /bucket: expected a bucket name/],
    [
      { from: '2025-12-31T00:00:00Z', bucket: 'evil-1999999999' },
      /evil-1999999999 is not allowed: add it to ALLOWED_BUCKETS/,
    ],
    [{ from: '2025-12-31T00:00:00Z', region: 'x/y' }, /region: expected a region/],
    [{ from: '2025-12-31T00:00:00Z', queueId: 'a b' }, /queueId: expected the ID/],
    [{ from: '2025-12-31T00:00:00Z', settledForMinutes: -1 }, /settledForMinutes must not be negative/],
    [{ from: '2025-12-31T00:00:00Z', settledForMinutes: 44_641 }, /44640 at most/],
    [{ from: '2025-12-31T00:00:00Z', settledForMinutes: '5' }, /must be a number of minutes/],
    [{ from: '2025-12-31T00:00:00Z', except: 'd1' }, /except must be a list of job IDs/],
    [{ from: '2025-12-31T00:00:00Z', enqueue: 'yes' }, /enqueue must be true or false/],
    [{ from: '2025-12-31T00:00:00Z', enqueued: true }, /enqueued/],
  ])('is refused in words: %j', (request, problem) => {
    expect(() => parse(request)).toThrow(problem);
    expect(() => parse(request)).toThrow(/^the request to reconcile cannot be done: /);
  });
});
