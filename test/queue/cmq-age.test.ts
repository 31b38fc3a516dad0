import { describe, expect, test } from '@jest/globals';
import { before, hours, millis, seconds, type Millis } from '../../lib/domain/units.js';
import { AgeWatch } from '../../lib/queue/cmq-age.js';
import type { ReceivedMessage } from '../../lib/queue/cmq-messages.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { START } from '../support/virtual-clock.js';
import { QUEUE } from './scripted-cmq.js';

/** What is said of messages of these ages, in one receive each, where a message has twelve hours. */
function saidOf(...receives: readonly (readonly (Millis | undefined)[])[]): readonly unknown[] {
  const said: unknown[] = [];
  const log = jsonLog({ level: 'debug', now: () => START, write: (line) => said.push(JSON.parse(line)) });
  const watch = new AgeWatch(QUEUE, { maxUnacked: hours(12), visibility: seconds(30) }, log);
  for (const ages of receives) {
    const messages = ages.map((age): ReceivedMessage => {
      const enqueueTime = age === undefined ? undefined : before(START, age) / 1_000;
      return { msgId: 'm', msgBody: 'd1', receiptHandle: 'h', enqueueTime, nextVisibleTime: undefined };
    });
    watch.see(messages, START);
  }
  return said;
}

const WARNING = { level: 'warn', event: 'queue-falls-behind', queue: 'jobs' };

describe('the age of the messages of a queue', () => {
  test.each([
    [millis(hours(4) - 1), 0],
    [hours(4), 1],
    [millis(hours(12) - 1), 1],
    // Only a rewind brings back what is older than it can get.
    [hours(12), 0],
    [undefined, 0],
  ])('%d ms is worth %d warnings', (age, warnings) => {
    expect(saidOf([age])).toHaveLength(warnings);
  });

  test('is told once, of the oldest in the first receive that has one', () => {
    const [said, ...others] = saidOf(
      [],
      [hours(1)],
      [hours(1), hours(5), undefined, hours(7), hours(13), hours(6)],
      [hours(11)],
    );
    expect(said).toMatchObject({ ...WARNING, oldestAgeMs: hours(7), leftMs: hours(5) });
    expect(others).toEqual([]);
  });
});
