import { describe, expect, test } from '@jest/globals';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { DocjobError, type Disposition } from '../../lib/domain/docjob-error.js';
import { Holds, OPERATIONS } from '../../lib/poller/holds.js';
import { aBucket, aRegion, SOURCE } from '../support/pending-jobs.js';

const error = (disposition: Disposition) => new DocjobError('code', 'no', { disposition });
const other = { ...SOURCE, bucket: aBucket('other-1250000000') };
const elsewhere = { ...SOURCE, region: aRegion('ap-tokyo') };

describe.each(OPERATIONS)('a bucket, by how it fails to %s', (operation) => {
  const unconcerned = OPERATIONS.filter((one) => one !== operation);

  /** Tells of so many failures; what each was answered with. */
  const fail = (holds: Holds, times: number, one: DocjobError) =>
    Array.from({ length: times }, () => holds.failed(operation, SOURCE, one));

  test('is closed at once where it is closed to us, and to this operation alone', () => {
    const holds = new Holds();
    expect(holds.find(operation, SOURCE)).toBeUndefined();
    const closed = error('configuration');
    expect(fail(holds, 1, closed)).toEqual([true]);
    expect(holds.find(operation, SOURCE)).toBe(closed);
    for (const place of [other, elsewhere]) expect(holds.find(operation, place)).toBeUndefined();
    for (const one of unconcerned) expect(holds.find(one, SOURCE)).toBeUndefined();
  });

  test.each(['transient', 'throttled', 'skewed'] as const)(
    'is closed by the fifth job in a row that meets what is %s, which is told once',
    (disposition) => {
      const holds = new Holds();
      const outage = error(disposition);
      expect(fail(holds, 4, outage)).toEqual([false, false, false, false]);
      expect(holds.find(operation, SOURCE)).toBeUndefined();
      expect(fail(holds, 3, outage)).toEqual([true, false, false]);
      expect(holds.find(operation, SOURCE)).toBe(outage);
    },
  );

  test('that an outage had closed is closed to us all the same: that is told too, once, and an outage changes nothing about it', () => {
    const holds = new Holds();
    fail(holds, 5, error('transient'));
    const closed = error('configuration');
    expect(fail(holds, 1, closed)).toEqual([true]);
    expect(fail(holds, 1, error('configuration'))).toEqual([false]);
    expect(fail(holds, 6, error('transient'))).not.toContain(true);
    expect(holds.find(operation, SOURCE)).toBe(closed);
  });

  test('counts anew after each success', () => {
    const holds = new Holds();
    fail(holds, 4, error('transient'));
    holds.succeeded(operation, SOURCE);
    expect(fail(holds, 4, error('transient'))).not.toContain(true);
    expect(fail(holds, 1, error('transient'))).toEqual([true]);
  });

  test.each<[string, DocjobError]>([
    ['that concern one job', error('job')],
    ['that cannot be read', new UndecodableError('<html>')],
  ])('is not closed by answers %s, however many', (_what, one) => {
    const holds = new Holds();
    expect(fail(holds, 10, one)).not.toContain(true);
    // They break no row either.
    expect(fail(holds, 4, error('transient'))).not.toContain(true);
  });
});

describe.each(OPERATIONS)('an outage that leaves nothing to %s', (operation) => {
  const outage = error('transient');
  const meetOutage = (holds: Holds, place: typeof SOURCE) => {
    for (let times = 0; times < 5; times += 1) holds.failed(operation, place, outage);
  };

  test('is none while nothing was tried, or nothing failed', () => {
    const holds = new Holds();
    expect(holds.outage).toBeUndefined();
    holds.succeeded(operation, SOURCE);
    expect(holds.outage).toBeUndefined();
  });

  test('is one where every bucket that was tried is closed', () => {
    const holds = new Holds();
    meetOutage(holds, SOURCE);
    expect(holds.outage).toBe(outage);
    holds.succeeded(operation, other);
    expect(holds.outage).toBeUndefined();
    meetOutage(holds, other);
    expect(holds.outage).toBe(outage);
  });

  test('is one also where the other operation is closed for lack of a grant', () => {
    const holds = new Holds();
    for (const one of OPERATIONS.filter((each) => each !== operation))
      holds.failed(one, SOURCE, error('configuration'));
    expect(holds.outage).toBeUndefined();
    meetOutage(holds, SOURCE);
    expect(holds.outage).toBe(outage);
  });

  test('is none where every bucket is closed for lack of a grant, and one where not', () => {
    const holds = new Holds();
    holds.failed(operation, SOURCE, error('configuration'));
    expect(holds.outage).toBeUndefined();
    meetOutage(holds, other);
    expect(holds.outage).toBe(outage);
  });
});
