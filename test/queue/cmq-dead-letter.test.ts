import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { epochMs } from '../../lib/domain/units.js';
import { cmqDeadLetterBody, parseCmqDeadLetter } from '../../lib/queue/cmq-dead-letter.js';
import type { Outcome } from '../../lib/queue/pending-queue.js';

const FIRST_SEEN = epochMs(Date.UTC(2026, 0, 1));
type DeadLetterOutcome = Extract<Outcome, { kind: 'dead-letter' }>;
const outcome: DeadLetterOutcome = { kind: 'dead-letter', reason: 'look-failed', detail: 'a detail' };
const bodyOf = (body: string, changes: Partial<DeadLetterOutcome> = {}): string =>
  cmqDeadLetterBody({ id: 'm1', body, firstSeenAt: FIRST_SEEN }, { ...outcome, ...changes });

describe('a dead letter on CMQ', () => {
  test('says why, since when and what went wrong last, and can be read again', () => {
    const lastError = { code: 'AccessDenied', message: 'no grant', requestId: 'NjA=' };
    expect(parseCmqDeadLetter(bodyOf('d1', { lastError }))).toEqual({
      reason: 'look-failed',
      detail: 'a detail',
      lastError,
      messageId: 'm1',
      firstSeenAt: FIRST_SEEN,
      body: 'd1',
    });
  });

  test('says no more of the last error than was known', () => {
    const lastError = { code: 'AccessDenied', message: 'no grant' };
    expect(parseCmqDeadLetter(bodyOf('d1', { lastError }))?.lastError).toStrictEqual(lastError);
    expect(parseCmqDeadLetter(bodyOf('d1'))?.lastError).toBeUndefined();
  });

  test('keeps a kibibyte of every text', () => {
    const [long, kept] = ['ü'.repeat(513), 'ü'.repeat(512)];
    const lastError = { code: long, message: long, requestId: long };
    expect(parseCmqDeadLetter(bodyOf('d1', { detail: long, lastError }))).toMatchObject({
      detail: kept,
      lastError: { code: kept, message: kept, requestId: kept },
    });
  });

  test('says all while it may, then its reason only, then nothing, to the byte', () => {
    const room = (letter: string): number => 65_536 - Buffer.byteLength(letter, 'utf8');
    const all = 'x'.repeat(room(bodyOf('')));
    expect(bodyOf(all)).toHaveLength(65_536);
    expect(parseCmqDeadLetter(bodyOf(all))).toMatchObject({ detail: 'a detail', body: all });
    const more = parseCmqDeadLetter(bodyOf(`${all}x`));
    expect(more).toEqual({ reason: 'look-failed', body: `${all}x` });
    const most = 'x'.repeat(room(JSON.stringify({ docjobDeadLetter: 1, reason: 'look-failed', body: '' })));
    expect(parseCmqDeadLetter(bodyOf(most))).toEqual({ reason: 'look-failed', body: most });
    expect(bodyOf(`${most}x`)).toBe(`${most}x`);
  });

  test('keeps any original body, and never outgrows what one message may have unless that does', () => {
    const text = fc.string({ unit: 'binary', maxLength: 3_000 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 30 }), text, (part, times, detail) => {
        const original = part.repeat(times);
        const body = bodyOf(original, { detail });
        expect(parseCmqDeadLetter(body)?.body ?? body).toBe(original);
        if (body !== original) expect(Buffer.byteLength(body, 'utf8')).toBeLessThanOrEqual(65_536);
      }),
    );
  });

  test.each([
    'd1',
    '{"jobId":"d1"}',
    '{"docjobDeadLetter":2,"reason":"x","body":"d1"}',
    '{"docjobDeadLetter":1,"reason":"x"}',
    '{"docjobDeadLetter":1,"body":"d1"}',
    '{"docjobDeadLetter":1,"reason":"x","body":"d1","firstSeenAt":0.5}',
    '{"docjobDeadLetter":1,"reason":"x","body":"d1","lastError":{"code":"y"}}',
    'null',
    '',
  ])('is no letter of ours when CMQ itself moved it there: %s', (body) => {
    expect(parseCmqDeadLetter(body)).toBeUndefined();
  });
});
