import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { isAfter, listObjects, type ObjectPage } from '../../lib/cos/list-objects.js';
import type { CosRequest, CosRequester } from '../../lib/cos/requester.js';
import { SOURCE } from '../support/pending-jobs.js';

const DATE = 'Mon, 27 May 2019 11:07:30 GMT';
const documented = readFileSync(new URL('fixtures/list-objects.xml', import.meta.url), 'utf8');

const requests: CosRequest[] = [];

function page(
  body: string,
  changes: {
    readonly prefix?: string;
    readonly marker?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<ObjectPage> {
  const { prefix = 'jobs/', marker = 'jobs/', headers = { date: DATE } } = changes;
  const requester: CosRequester = {
    send: (request, decode) => {
      requests.push(request);
      return new Promise((resolve) => {
        resolve(decode({ status: 200, headers, body: Buffer.from(body), requestId: 'NjA=' }));
      });
    },
  };
  return listObjects(requester, SOURCE, { prefix, marker });
}

const listing = (...parts: readonly string[]): string =>
  `<ListBucketResult><EncodingType>url</EncodingType>${parts.join('')}</ListBucketResult>`;
const object = (key: string, lastModified = '2019-05-27T11:07:29.000Z', size = '0'): string =>
  `<Contents><Key>${key}</Key><LastModified>${lastModified}</LastModified><Size>${size}</Size></Contents>`;
const LAST = '<IsTruncated>false</IsTruncated>';
const TRUNCATED = '<IsTruncated>true</IsTruncated>';

describe('a page of a listing', () => {
  test('is asked for below a prefix, after a marker, a thousand keys at once, encoded', async () => {
    await page(listing(LAST), { prefix: 'jobs/', marker: 'jobs/d1' });
    expect(requests.at(-1)).toEqual({
      family: 'cos',
      ...SOURCE,
      method: 'GET',
      path: '/',
      query: { prefix: 'jobs/', marker: 'jobs/d1', 'max-keys': '1000', 'encoding-type': 'url' },
    });
  });

  test('is read as the documentation shows it', async () => {
    expect(await page(documented, { prefix: 'example-', marker: '' })).toEqual({
      objects: [
        {
          key: 'example-folder-1/example-object-1.jpg',
          lastModified: Date.UTC(2019, 4, 27, 11, 26, 14),
          sizeBytes: 37,
        },
        { key: 'example-object-1.jpg', lastModified: Date.UTC(2019, 4, 27, 11, 26, 14), sizeBytes: 20 },
        { key: 'example-腾讯云.jpg', lastModified: Date.UTC(2019, 4, 27, 11, 26, 15), sizeBytes: 37 },
      ],
      nextMarker: undefined,
      listedAt: Date.UTC(2019, 4, 27, 11, 7, 30),
    });
  });

  test('may spell its encoding as older documentation does', async () => {
    const body = listing(LAST, object('jobs%2Fd1')).replaceAll('EncodingType', 'Encoding-Type');
    expect((await page(body)).objects).toMatchObject([{ key: 'jobs/d1' }]);
  });

  test('that is not the last says where the next one begins', async () => {
    const body = listing(
      TRUNCATED,
      '<NextMarker>jobs%2Fd2</NextMarker>',
      object('jobs%2Fd1'),
      object('jobs%2Fd2'),
    );
    expect(await page(body)).toMatchObject({ objects: [{}, {}], nextMarker: 'jobs/d2' });
  });

  test('keeps what a key has of its own: percent signs, pluses, blanks', async () => {
    const { objects } = await page(listing(LAST, object('jobs%2F%25%2B+%20%20')));
    expect(objects.map(({ key }) => key)).toEqual(['jobs/%++  ']);
  });

  test.each([
    ['is not encoded', `<ListBucketResult>${LAST}</ListBucketResult>`, 'encoded'],
    ['does not say whether it is the last', listing(object('jobs%2Fd1')), 'IsTruncated'],
    ['says so in other words', listing('<IsTruncated>perhaps</IsTruncated>'), 'IsTruncated'],
    ['has a key of another prefix', listing(LAST, object('other%2Fd1')), 'prefix'],
    ['has a key twice', listing(LAST, object('jobs%2Fd1'), object('jobs%2Fd1')), 'order'],
    ['has its keys out of order', listing(LAST, object('jobs%2Fd2'), object('jobs%2Fd1')), 'order'],
    ['begins before its marker', listing(LAST, object('jobs%2F')), 'order'],
    ['has a key that is no UTF-8', listing(LAST, object('jobs%2F%FF')), 'URL-encoded'],
    ['has a key with a broken escape', listing(LAST, object('jobs%2F%2')), 'URL-encoded'],
    ['has an object without a time', listing(LAST, object('jobs%2Fd1', 'yesterday')), 'LastModified'],
    ['has an object without a size', listing(LAST, object('jobs%2Fd1', undefined, 'big')), 'Size'],
    ['has a size in another unit', listing(LAST, object('jobs%2Fd1', undefined, '12 KB')), 'Size'],
    ['has a size below nothing', listing(LAST, object('jobs%2Fd1', undefined, '-12')), 'Size'],
    ['goes on and does not say where', listing(TRUNCATED, object('jobs%2Fd1')), 'NextMarker'],
    [
      'would go on at its own beginning',
      listing(TRUNCATED, '<NextMarker>jobs%2F</NextMarker>'),
      'NextMarker',
    ],
    [
      'would leave some out',
      listing(TRUNCATED, '<NextMarker>jobs%2Fd9</NextMarker>', object('jobs%2Fd1')),
      'NextMarker',
    ],
    ['is no listing', '<Response/>', 'root element'],
    ['is cut short', listing(LAST, object('jobs%2Fd1')).slice(0, -19), 'cut short'],
  ])('that %s is refused', async (_what, body, problem) => {
    await expect(page(body)).rejects.toMatchObject({
      code: 'undecodable-answer',
      requestId: 'NjA=',
      message: expect.stringContaining(problem),
    });
  });

  test('without a date is refused, since nobody could say of when it is', async () => {
    await expect(page(listing(LAST), { headers: {} })).rejects.toMatchObject({
      code: 'undecodable-answer',
      requestId: 'NjA=',
      message: expect.stringContaining('Date'),
    });
  });
});

test('keys are in the order of their bytes, not of JavaScript', () => {
  expect(isAfter('\u{1F600}', '\uFF01')).toBe(true);
  expect(['\u{1F600}', '\uFF01'].sort()).toEqual(['\u{1F600}', '\uFF01']);
  expect(isAfter('a', 'a')).toBe(false);
});
