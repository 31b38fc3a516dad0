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

  test.each(['d1', '{"jobId":"d1"}', '{"docjobDeadLetter":2,"reason":"x","body":"d1"}', 'null', ''])(
    'is no letter of ours when CMQ itself moved it there: %s',
    (body) => {
      expect(parseCmqDeadLetter(body)).toBeUndefined();
    },
  );
});
