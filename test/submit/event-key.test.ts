import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import type { CosRequester } from '../../lib/cos/requester.js';
import { urlEncode } from '../../lib/cos-signer/index.js';
import type { NewObject } from '../../lib/submit/cos-event.js';
import { keyOf, readingsOf } from '../../lib/submit/event-key.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

describe('the key that an event writes', () => {
  test.each([
    ['in/报告 a.docx', ['in/报告 a.docx']],
    ['in/a%20b.docx', ['in/a%20b.docx', 'in/a b.docx']],
    ['in/a+b.docx', ['in/a+b.docx', 'in/a b.docx']],
    ['in/a+b%2Bc', ['in/a+b%2Bc', 'in/a+b+c', 'in/a b+c']],
    ['in/100%.docx', ['in/100%.docx']],
  ])('%j can stand for %j', (written, readings) => {
    expect(readingsOf(written)).toEqual(readings);
  });

  test('always has the key among its readings, however it was encoded', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '+', '%', '2', '0', '/', '报') });
    fc.assert(
      fc.property(text, (key) => {
        const encoded = key.split('/').map(urlEncode).join('/');
        for (const written of [key, urlEncode(key), encoded, encoded.replaceAll('%20', '+')]) {
          expect(readingsOf(written)).toContain(key);
        }
      }),
    );
  });
});

describe('the object of an event', () => {
  const objectOf = (writtenKey: string, changes: Partial<NewObject> = {}): NewObject => ({
    bucket: SOURCE.bucket,
    writtenKey,
    at: START,
    size: 7,
    etag: 'e1',
    eventId: 'docjob:event:1',
    ...changes,
  });

  /** A bucket with these keys, each with its size and ETag. */
  function bucketOf(objects: Readonly<Record<string, readonly [size: number, etag: string]>>) {
    const heads: string[] = [];
    const requester: CosRequester = {
      send: (request, decode) => {
        heads.push(`${request.method} ${request.path}`);
        const found = objects[request.path.slice(1)];
        if (found === undefined) {
          return Promise.reject(new ServiceError({ asked: 'HEAD', status: 404, disposition: 'job' }));
        }
        const headers = { 'content-length': String(found[0]), etag: `"${found[1]}"` };
        return Promise.resolve(decode({ status: 200, headers, body: Buffer.alloc(0), requestId: undefined }));
      },
    };
    return { heads, requester };
  }

  const all = (): boolean => true;

  test('is not asked for when its key can be read in one way only', async () => {
    const { heads, requester } = bucketOf({});
    await expect(keyOf(requester, SOURCE, objectOf('in/a b.docx'), all)).resolves.toBe('in/a b.docx');
    const isWanted = (key: string): boolean => key.startsWith('in/');
    await expect(keyOf(requester, SOURCE, objectOf('in%2Fa.docx'), isWanted)).resolves.toBe('in/a.docx');
    await expect(keyOf(requester, SOURCE, objectOf('out/a%20b.docx'), isWanted)).resolves.toBeUndefined();
    expect(heads).toEqual([]);
  });

  test('is the one that is there', async () => {
    const { heads, requester } = bucketOf({ 'a b.docx': [7, 'e1'] });
    await expect(keyOf(requester, SOURCE, objectOf('a%20b.docx'), all)).resolves.toBe('a b.docx');
    expect(heads).toEqual(['HEAD /a%20b.docx', 'HEAD /a b.docx']);
  });

  test.each([
    [{ 'a+b': [7, 'e1'], 'a b': [8, 'e1'] }, 'a+b'],
    [{ 'a+b': [7, 'e2'], 'a b': [7, 'e1'] }, 'a b'],
  ] as const)('is told by its size and ETag where both are there: %j', async (objects, key) => {
    await expect(keyOf(bucketOf(objects).requester, SOURCE, objectOf('a+b'), all)).resolves.toBe(key);
  });

  test('is not guessed', async () => {
    const twins = { 'a+b': [7, 'e1'], 'a b': [7, 'e1'] } as const;
    await expect(keyOf(bucketOf(twins).requester, SOURCE, objectOf('a+b'), all)).rejects.toMatchObject({
      code: 'ambiguous-key',
    });
    await expect(keyOf(bucketOf({}).requester, SOURCE, objectOf('a+b'), all)).rejects.toMatchObject({
      code: 'object-not-found',
    });
  });

  test('is not found by guessing either when the bucket cannot be asked', async () => {
    const error = new ServiceError({ asked: 'HEAD', status: 403, disposition: 'configuration' });
    const requester: CosRequester = { send: () => Promise.reject(error) };
    await expect(keyOf(requester, SOURCE, objectOf('a+b'), all)).rejects.toBe(error);
  });
});
