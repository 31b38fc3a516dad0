import { describe, expect, test } from '@jest/globals';
import { after, before, hours, millis, minutes, seconds } from '../../lib/domain/units.js';
import { alarmingAge, delaySeconds, leaseUntil, longestDelay, momentOf } from '../../lib/queue/cmq-times.js';
import { START } from '../support/virtual-clock.js';

describe('the times of CMQ', () => {
  test.each([
    // A quarter of the least that a queue can be set to, in whole seconds; half of an hour; at most an hour.
    { maxUnacked: seconds(30), longest: seconds(7), alarming: seconds(14.5) },
    { maxUnacked: hours(1), longest: minutes(15), alarming: minutes(30) },
    { maxUnacked: seconds(4 * 3_600 - 1), longest: seconds(3_599), alarming: seconds(7_198.75) },
    { maxUnacked: hours(4), longest: hours(1), alarming: hours(2) },
    { maxUnacked: hours(12), longest: hours(1), alarming: hours(4) },
  ])(
    'leave of $maxUnacked ms unacknowledged enough to be found again',
    ({ maxUnacked, longest, alarming }) => {
      expect(longestDelay({ maxUnacked })).toBe(longest);
      expect(alarmingAge({ maxUnacked })).toBe(alarming);
    },
  );

  test.each([
    [-5, 0],
    [0, 0],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [900_000, 900],
    [900_001, 900],
  ])(
    'send a message that is due in %d ms with %d s, not before it is due but for the longest delay',
    (delay, sent) => {
      expect(delaySeconds(millis(delay), minutes(15))).toBe(sent);
    },
  );

  const VISIBILITY = seconds(50);
  const BY_SETTING = after(START, seconds(49));
  test.each([
    ['the setting alone', undefined, undefined, BY_SETTING],
    ['the setting alone, with the time of the answer', undefined, START, BY_SETTING],
    ['what the answer tells', after(START, seconds(20)), START, after(START, seconds(19))],
    [
      'what the answer tells beyond the setting',
      after(START, hours(12)),
      START,
      after(START, seconds(43_199)),
    ],
    ['no more than a queue can be set to', after(START, millis(hours(12) + 1)), START, BY_SETTING],
    [
      "the service's own clock",
      after(START, seconds(20)),
      before(START, seconds(10)),
      after(START, seconds(29)),
    ],
    [
      'the end that it tells without its time',
      after(START, seconds(20)),
      undefined,
      after(START, seconds(19)),
    ],
    ['the setting, where that is sooner', after(START, seconds(90)), undefined, BY_SETTING],
  ])('let a lease hold by %s', (_what, nextVisibleAt, serverDate, until) => {
    expect(leaseUntil({ sentAt: START, nextVisibleAt, serverDate }, VISIBILITY)).toBe(until);
  });

  test('are whole seconds, or not told', () => {
    expect(momentOf(START / 1_000)).toBe(START);
    expect(momentOf(undefined)).toBeUndefined();
  });
});
