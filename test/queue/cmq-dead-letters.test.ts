import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { after, before, minutes, seconds } from '../../lib/domain/units.js';
import { cmqDeadLetterBody } from '../../lib/queue/cmq-dead-letter.js';
import { openCmqDeadLetters } from '../../lib/queue/cmq-dead-letters.js';
import type { DeadLetterRecord, DeadLetters } from '../../lib/queue/dead-letters.js';
import { aJobId, SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { EmbeddedCmq } from './embedded-cmq.js';
import { QUEUE, ScriptedCmq } from './scripted-cmq.js';

describe('the dead letters in a queue of CMQ', () => {
  let embedded: EmbeddedCmq;

  beforeEach(async () => {
    embedded = await EmbeddedCmq.start();
  });

  afterEach(() => embedded.close());

  /** Reads so many and no further: the last receive would wait for its time to pass. */
  async function read(letters: DeadLetters, count: number): Promise<readonly DeadLetterRecord[]> {
    const found: DeadLetterRecord[] = [];
    for await (const letter of letters.read()) if (found.push(letter) === count) break;
    return found;
  }

  test('of ours tell both times; of one that the queue moved here itself, the only one that is known is when it was sent', async () => {
    const firstSeenAt = before(START, minutes(5));
    const outcome = { kind: 'dead-letter', reason: 'too-old', detail: 'had its time' } as const;
    const { control } = embedded.cmq;
    control.send('dead', cmqDeadLetterBody({ id: 'm1', body: aJobId(1), firstSeenAt }, outcome));
    control.send('dead', aJobId(2));
    embedded.advance(minutes(1));
    expect(await read(embedded.openDeadLetters(), 2)).toMatchObject([
      { body: aJobId(1), reason: 'too-old', firstSeenAt, buriedAt: START },
      { body: aJobId(2), reason: 'receive-limit', firstSeenAt: START, buriedAt: undefined },
    ]);
    expect(embedded.clock.now()).toBe(after(START, minutes(1)));
  });

  test('are removed by those who read them only, and one that was not read keeps none of the others', async () => {
    for (const number of [1, 2]) embedded.cmq.control.send('dead', aJobId(number));
    const letters = embedded.openDeadLetters();
    const [first, second] = await read(letters, 2);
    if (first === undefined || second === undefined) throw new Error('two were sent');
    const unknown = { ...second, id: 'another' };
    expect(await letters.remove([unknown, first])).toEqual([
      { letter: unknown, ok: false, error: expect.objectContaining({ name: 'QueueError' }) },
      { letter: first, ok: true },
    ]);
    expect(embedded.cmq.control.messages('dead').map(({ body }) => body)).toEqual([aJobId(2)]);
    await expect(letters.close()).resolves.toBeUndefined();
  });

  test('are never removed by an empty handle, of which the service does not say what it means', async () => {
    embedded.cmq.control.send('dead', aJobId(1));
    const found = await read(embedded.openDeadLetters(), 1);
    const scripted = new ScriptedCmq([{ fields: { code: 0 } }]);
    const options = { deadLetters: QUEUE, defaults: SOURCE, requestTimeout: seconds(1) };
    const { clock, credentials } = embedded;
    const effects = {
      clock,
      credentials,
      random: () => 0.5,
      transport: scripted,
      deadline: after(START, minutes(1)),
    };
    await openCmqDeadLetters(options, effects).remove(found);
    expect(scripted.calls.map(({ form }) => form['receiptHandle.0'])).toEqual([expect.stringMatching(/./)]);
  });
});
