import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { epochMs } from '../../lib/domain/units.js';
import { deadLetterBytes, deadLetterOf, firstBytes } from '../../lib/queue/dead-letter.js';
import type { Outcome } from '../../lib/queue/pending-queue.js';

const FIRST_SEEN = epochMs(Date.UTC(2026, 0, 1));
const outcome = (detail: string): Extract<Outcome, { kind: 'dead-letter' }> => ({
  kind: 'dead-letter',
  reason: 'too-old',
  detail,
});
const letterOf = (body: string, detail = 'a detail') =>
  deadLetterOf({ id: 'm1', body, firstSeenAt: FIRST_SEEN }, outcome(detail));

describe('a dead letter', () => {
  test('says why, since when and what went wrong last', () => {
    const lastError = { code: 'AccessDenied', message: 'no grant', requestId: 'NjA=' };
    const letter = deadLetterOf(
      { id: 'm1', body: 'd1', firstSeenAt: FIRST_SEEN },
      { ...outcome('a detail'), lastError },
    );
    expect(letter).toEqual({
      body: 'd1',
      attributes: {
        'docjob-version': '1',
        'docjob-reason': 'too-old',
        'docjob-detail': 'a detail',
        'docjob-error-code': 'AccessDenied',
        'docjob-error-message': 'no grant',
        'docjob-request-id': 'NjA=',
        'docjob-message-id': 'm1',
        'docjob-first-seen-at': '2026-01-01T00:00:00.000Z',
      },
    });
  });

  test('has only attributes that SQS takes, whatever the detail', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (detail) => {
        const values = Object.values(letterOf('d1', detail).attributes);
        expect(values.length).toBeLessThanOrEqual(10);
        for (const value of values) {
          expect(value).toMatch(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u);
          expect(Buffer.byteLength(value, 'utf8')).toBeLessThanOrEqual(1_024);
        }
      }),
    );
  });

  test('cuts a long detail at a whole character', () => {
    const detail = letterOf('d1', '😀'.repeat(1_000)).attributes['docjob-detail'];
    expect(detail).toBe('😀'.repeat(256));
    expect(letterOf('d1', `x${'😀'.repeat(1_000)}`).attributes['docjob-detail']).toBe(`x${'😀'.repeat(255)}`);
  });

  test.each([
    ['a text that fits to the byte', 'ab😀', 6, 'ab😀'],
    ['a text of one byte too many', 'ab😀c', 6, 'ab😀'],
    ['a character that does not fit whole', 'ab😀', 5, 'ab'],
    ['a character that does not fit at all', '😀', 3, ''],
    ['a text where nothing fits', 'ab', 0, ''],
  ])('keeps as many whole characters as there is room for: %s', (_what, text, most, kept) => {
    expect(firstBytes(text, most)).toBe(kept);
  });

  test('marks where something was that SQS does not take', () => {
    expect(letterOf('d1', 'a\u0000b').attributes['docjob-detail']).toBe('a\ufffdb');
  });

  test('does not mention what is not known', () => {
    const known = ['docjob-version', 'docjob-reason', 'docjob-message-id', 'docjob-first-seen-at'];
    expect(Object.keys(letterOf('d1', '').attributes)).toEqual(known);
  });

  test('counts body, and name, type and value of each attribute, in bytes', () => {
    expect(deadLetterBytes({ body: 'über', attributes: { näme: 'välue', b: '' } })).toBe(
      5 + (5 + 6 + 6) + (1 + 6),
    );
  });

  test('has its explanation, or its essence, where that fits to the byte', () => {
    const most = 1_048_576;
    const essence = { 'docjob-version': '1', 'docjob-reason': 'too-old' };
    const whole = deadLetterBytes(letterOf(''));
    expect(letterOf('b'.repeat(most - whole)).attributes).toEqual(letterOf('').attributes);
    expect(letterOf('b'.repeat(most - whole + 1)).attributes).toEqual(essence);
    const small = deadLetterBytes({ body: '', attributes: essence });
    expect(letterOf('b'.repeat(most - small)).attributes).toEqual(essence);
    expect(letterOf('b'.repeat(most - small + 1)).attributes).toEqual({});
  });

  test('gives up its explanation, detail first, rather than its body', () => {
    const detail = 'x'.repeat(1_000);
    const most = 1_048_576;
    expect(letterOf('b'.repeat(most - 2_000), detail).attributes).toHaveProperty('docjob-detail');
    expect(letterOf('b'.repeat(most - 500), detail).attributes).toEqual({
      'docjob-version': '1',
      'docjob-reason': 'too-old',
    });
    expect(letterOf('b'.repeat(most), detail).attributes).toEqual({});
    for (const spare of [0, 30, 60, 500, 1_000, 2_000]) {
      expect(deadLetterBytes(letterOf('b'.repeat(most - spare), detail))).toBeLessThanOrEqual(most);
    }
  });
});
