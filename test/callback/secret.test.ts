import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isAuthentic, parseSecrets } from '../../lib/callback/secret.js';

const OLD = 'kX3-9fQ_w7LmZ2pRtYb8uVc5nHs4gJd1';
const NEW = 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-longer-than-the-old-one';

const secrets = (text: string) => parseSecrets(text) ?? [];

describe('a secret', () => {
  test.each([
    ['31 characters', OLD.slice(1)],
    ['nothing', ''],
    ['a slash in it', `${OLD}/x`],
    ['a percent sign in it', `${OLD}%41`],
    ['a space in it', `${OLD} x`],
    ['letters of another script', 'ж'.repeat(32)],
    ['a short one beside it', `${OLD},short`],
    ['a comma at its end', `${OLD},`],
    ['two more beside it', `${OLD},${NEW},${OLD}`],
  ])('is none with %s', (_what, text) => {
    expect(parseSecrets(text)).toBeUndefined();
  });

  test('or two of them are kept as digests: nothing of the text is left', () => {
    const kept = secrets(`${OLD}, ${NEW}`);
    expect(kept.map(({ length }) => length)).toEqual([32, 32]);
    expect(kept.map((digest) => Buffer.from(digest).toString('latin1')).join()).not.toContain(
      OLD.slice(0, 4),
    );
  });
});

describe('a request is authentic', () => {
  test.each([
    `/${OLD}`,
    `/${OLD}/`,
    `//${OLD}//`,
    `/release/callback/${OLD}`,
    `/${OLD}?a=b`,
    `/${OLD}/?/x`,
    OLD,
  ])('by the secret as the last segment of its path: %s', (path) => {
    expect(isAuthentic(path, secrets(OLD))).toBe(true);
  });

  test('by either secret while one replaces the other, and by no other then', () => {
    for (const one of [OLD, NEW]) expect(isAuthentic(`/${one}`, secrets(`${OLD},${NEW}`))).toBe(true);
    expect(isAuthentic(`/${OLD},${NEW}`, secrets(`${OLD},${NEW}`))).toBe(false);
    expect(isAuthentic(`/${OLD}`, secrets(NEW))).toBe(false);
  });

  test.each([
    '',
    '/',
    '///',
    '?',
    `/x?${OLD}`,
    `/${OLD}/x`,
    `/${OLD.toLowerCase()}`,
    `/%6B${OLD.slice(1)}`,
    `/${OLD}\n`,
  ])('and by nothing less: %j', (path) => {
    expect(isAuthentic(path, secrets(OLD))).toBe(false);
  });

  test('never by a path that does not hold the secret', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (path) => {
        fc.pre(!path.includes(OLD));
        expect(isAuthentic(path, secrets(OLD))).toBe(false);
      }),
    );
  });
});
