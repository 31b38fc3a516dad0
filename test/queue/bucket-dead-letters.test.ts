import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Transport } from '../../lib/cos/transport.js';
import { openBucketDeadLetters } from '../../lib/queue/bucket-dead-letters.js';
import type { DeadLetterRecord, DeadLetters } from '../../lib/queue/dead-letters.js';
import { aJobId, SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { DEAD, EmbeddedBucket } from './embedded-bucket.js';

/** What a letter needs. */
const LETTER = {
  version: 1,
  reason: 'too-old',
  key: 'docjob/pending/note.txt',
  firstSeenAt: '2026-01-01T00:00:00.000Z',
};

describe('the dead letters in a bucket', () => {
  let embedded: EmbeddedBucket;

  beforeEach(async () => {
    embedded = await EmbeddedBucket.start();
  });

  afterEach(() => embedded.close());

  const put = (name: string, content: object): Promise<void> =>
    embedded.cloud.control.putObject(DEAD.bucket, DEAD.prefix + name, Buffer.from(JSON.stringify(content)));

  /** Letters of jobs, whose IDs are in the order of a listing. */
  async function bury(count: number): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, (_, index) => `too-old/${aJobId(index)}.json`);
    for (const [index, id] of ids.entries()) await put(id, { ...LETTER, job: { jobId: aJobId(index) } });
    return ids;
  }

  async function readAll(letters: DeadLetters): Promise<readonly DeadLetterRecord[]> {
    const read: DeadLetterRecord[] = [];
    for await (const letter of letters.read()) read.push(letter);
    return read;
  }

  test('are got and removed one by one, sixteen at a time', async () => {
    const ids = await bury(37);
    const underWay = { GET: 0, DELETE: 0 };
    const peak = { GET: 0, DELETE: 0 };
    const transport: Transport = {
      exchange: async (request, limits) => {
        const method = request.method === 'DELETE' ? 'DELETE' : 'GET';
        underWay[method] += 1;
        peak[method] = Math.max(peak[method], underWay[method]);
        try {
          return await embedded.transport.exchange(request, limits);
        } finally {
          underWay[method] -= 1;
        }
      },
      close: () => undefined,
    };
    const options = { deadLetters: DEAD, defaults: SOURCE, client: embedded.clientPolicy };
    const letters = openBucketDeadLetters(options, { ...embedded.effects, transport });
    const read = await readAll(letters);
    expect(read.map(({ id }) => id)).toEqual(ids);
    await letters.remove(read);
    expect(await embedded.deadLetters()).toEqual([]);
    expect(peak).toEqual({ GET: 16, DELETE: 16 });
    expect(embedded.calls('GetObject')).toBe(37);
  });

  test('that somebody removes meanwhile are left out', async () => {
    const ids = await bury(17);
    const letters = embedded.openDeadLetters();
    const last = (await readAll(letters)).slice(-1);
    const read: string[] = [];
    for await (const { id } of letters.read()) {
      if (read.push(id) === 1) await letters.remove(last);
    }
    expect(read).toStrictEqual(ids.slice(0, -1));
  });

  test('that could not be removed are told each by itself', async () => {
    const [first = '', second = ''] = await bury(2);
    embedded.cloud.control.deny({ operation: 'DeleteObject', prefix: DEAD.prefix + second });
    const letters = embedded.openDeadLetters();
    expect(await letters.remove(await readAll(letters))).toEqual([
      { letter: expect.objectContaining({ id: first }), ok: true },
      {
        letter: expect.objectContaining({ id: second }),
        ok: false,
        error: expect.objectContaining({
          code: 'queue-access-denied',
          message: expect.stringContaining(`removing ${second} failed`),
        }),
      },
    ]);
  });

  test('cannot be read where one of them cannot be got, and the error names the queue', async () => {
    await bury(1);
    embedded.cloud.control.deny({ operation: 'GetObject', prefix: DEAD.prefix });
    await expect(readAll(embedded.openDeadLetters())).rejects.toMatchObject({
      name: 'QueueError',
      code: 'queue-access-denied',
      message: expect.stringContaining(`reading the dead letters in ${DEAD.url} failed`),
    });
  });

  test('are neither read nor removed once they are closed', async () => {
    await bury(1);
    const letters = embedded.openDeadLetters();
    const read = await readAll(letters);
    await letters.close();
    await expect(readAll(letters)).rejects.toThrow('closed');
    expect(await letters.remove(read)).toMatchObject([
      { ok: false, error: { message: expect.stringContaining('closed') } },
    ]);
    expect(await embedded.deadLetters()).toHaveLength(1);
  });

  test.each([
    [
      'an object that is none of ours, by its name below the prefix',
      { version: 2 },
      {
        content: { kind: 'not-a-job', problem: expect.stringMatching(/no dead letter.*"note\.json"/) },
        body: '{"version":2}',
        reason: 'unreadable',
        firstSeenAt: undefined,
      },
    ],
    [
      'an object that was in the way, by the name that it had',
      { ...LETTER, content: { base64: 'aGVsbG8=' } },
      {
        content: { kind: 'not-a-job', problem: expect.stringMatching(/no job's.*"note\.txt"/) },
        body: 'hello',
        firstSeenAt: START,
      },
    ],
    ['a letter that keeps no content', LETTER, { content: { kind: 'not-a-job' }, body: '' }],
    [
      'a letter whose time is none',
      { ...LETTER, firstSeenAt: 'long ago' },
      { reason: 'too-old', firstSeenAt: undefined },
    ],
  ])('tell what there is to tell of %s', async (_what, stored, told) => {
    await put('note.json', stored);
    expect(await readAll(embedded.openDeadLetters())).toMatchObject([
      { id: 'note.json', buriedAt: START, ...told },
    ]);
  });
});
