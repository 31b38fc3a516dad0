import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { EventError } from '../../lib/platform/event-error.js';
import { bodyBytes, lambdaUrlRequest, scfUrlRequest } from '../../lib/platform/function-url.js';

const event = (name: string): object =>
  JSON.parse(readFileSync(new URL(`events/${name}.json`, import.meta.url), 'utf8')) as object; // our own files

describe.each([
  { name: 'Lambda', read: lambdaUrlRequest, file: 'lambda-url', other: 'scf-url' },
  { name: 'SCF', read: scfUrlRequest, file: 'scf-url', other: 'lambda-url' },
])('an event of a function URL of $name', ({ read, file, other }) => {
  test('is a request with its method, path and body', () => {
    expect(read(event(file))).toEqual({
      method: 'POST',
      path: '/my/path',
      body: 'Hello from client!',
      isBase64: false,
    });
  });

  test.each([{ body: undefined }, { body: null }, { body: '' }])('has an empty body for %j', (changes) => {
    expect(read({ ...event(file), ...changes })).toMatchObject({ body: '' });
  });

  test('says whether its body is in base64', () => {
    expect(read({ ...event(file), isBase64Encoded: true })).toMatchObject({ isBase64: true });
  });

  test('is nothing else, and what is refused is not quoted', () => {
    const others = [
      undefined,
      null,
      {},
      'text',
      event(other),
      event('scf-timer'),
      { ...event(file), body: 7 },
    ];
    for (const one of others) {
      expect(() => read(one)).toThrow(EventError);
      expect(() => read(one)).not.toThrow(/my\/path/);
    }
  });
});

describe('the bytes of a body', () => {
  const bytes = (body: string, isBase64: boolean, max: number) =>
    bodyBytes({ method: 'POST', path: '/', body, isBase64 }, max);

  test('are those of its text, or of what is in base64', () => {
    expect(bytes('äß', false, 4)).toEqual(Buffer.from('äß'));
    expect(bytes('w6TDnw==', true, 4)).toEqual(Buffer.from('äß'));
  });

  test('are not given out where there are too many', () => {
    expect(bytes('äß', false, 3)).toBeUndefined();
    expect(bytes('w6TDnw==', true, 3)).toBeUndefined();
  });
});
