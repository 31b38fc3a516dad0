import { describe, expect, test } from '@jest/globals';
import { MAX_DOCUMENTS, parseSubmitEvent } from '../../lib/submit/request.js';
import type { NewObject, ReadRecord } from '../../lib/submit/cos-event.js';
import { cosEvent, cosRecord, type RecordChanges } from './events.js';

function read(event: unknown): readonly ReadRecord[] {
  const request = parseSubmitEvent(event);
  return request.kind === 'event' ? request.records : [];
}

function objectOf(changes: RecordChanges): NewObject {
  const [record] = read(cosEvent(changes));
  if (record?.kind !== 'object') throw new Error(`the record is ${record?.kind ?? 'missing'}`);
  return record.object;
}

describe('a record of a COS event', () => {
  test('names a new object, and when it was made', () => {
    expect(objectOf({})).toEqual({
      bucket: 'docs-1250000000',
      writtenKey: 'in/report.docx',
      at: Date.UTC(2026, 0, 1, 12),
      size: 28_745,
      etag: '9a4802d5c99dafe1c04da0a8e7e166bf',
      eventId: expect.stringMatching(/^docjob:event:[0-9a-f]{32}$/),
    });
  });

  test('may write its time as an old document does', () => {
    expect(objectOf({ eventTime: '1970-01-01T00:00:01.000Z' }).at).toBe(1_000);
  });

  test('may name its bucket with the APPID', () => {
    expect(objectOf({ bucket: 'docs-1250000000' })).toMatchObject({
      bucket: 'docs-1250000000',
      writtenKey: 'in/report.docx',
    });
  });

  test('keeps a key that looks like its own beginning', () => {
    expect(objectOf({ key: '/1250000000/docs//x' }).writtenKey).toBe('/1250000000/docs//x');
  });

  test.each(['cos:ObjectRemove:Delete', 'cos:ObjectRestore:Post', 'ObjectCreated'])(
    'of %s is not our business',
    (eventName) => {
      expect(read(cosEvent({ eventName }))).toEqual([expect.objectContaining({ kind: 'other', eventName })]);
    },
  );

  test.each<[string, RecordChanges]>([
    ['a bucket that is none', { bucket: 'NO' }],
    ['a time that is none', { eventTime: 'yesterday' }],
    ['a time in milliseconds', { eventTime: 1_767_268_800_000 }],
    ['no key', { key: '' }],
  ])('with %s cannot be read, and says why', (_, changes) => {
    expect(read(cosEvent(changes))).toEqual([
      expect.objectContaining({ kind: 'unreadable', problem: expect.any(String) }),
    ]);
  });

  test('whose key belongs to another bucket cannot be read', () => {
    const record = cosRecord();
    const strange = { ...record, cos: { ...record.cos, cosObject: { key: '/1250000000/other/a.docx' } } };
    expect(read({ Records: [strange] })).toMatchObject([{ kind: 'unreadable' }]);
  });
});

describe('the ID of an event', () => {
  const idOf = (changes: RecordChanges): string => objectOf(changes).eventId;

  test('is that of the request that made the object, whatever else differs between deliveries', () => {
    expect(idOf({ reqid: 7, eventTime: 1_767_268_801 })).toBe(idOf({}));
    expect(idOf({ meta: { 'X-Cos-Request-Id': 'NjdmNzZkYjdfYTIzYzU4NjRfMTNlZV8xNzhhYQ==' } })).toBe(idOf({}));
  });

  test('is reqid’s where there is no other', () => {
    const meta = {};
    expect(idOf({ meta, reqid: 7 })).toBe(idOf({ meta, reqid: '7', eventTime: 1 }));
    expect(idOf({ meta, reqid: 7 })).not.toBe(idOf({ meta, reqid: 8 }));
  });

  test('is another for another key or bucket', () => {
    expect(new Set([idOf({}), idOf({ key: 'in/b.docx' }), idOf({ bucket: 'other' })]).size).toBe(3);
  });

  test('falls back to time, size and ETag', () => {
    const bare = ({ cos: { cosObject, ...cos }, event }: ReturnType<typeof cosRecord>, at: number) => ({
      cos: { ...cos, cosObject: { key: cosObject.key } },
      event: { eventName: event.eventName, eventTime: at },
    });
    const [one, same, later] = [1, 1, 2].map((at) => {
      const [record] = read({ Records: [bare(cosRecord(), at)] });
      return record?.kind === 'object' ? record.object.eventId : undefined;
    });
    expect(one).toBe(same);
    expect(one).not.toBe(later);
  });
});

describe('an event of the submit function', () => {
  test('is a list of documents, or the short form of one', () => {
    expect(parseSubmitEvent({ documents: ['a', { object: 'b' }] })).toEqual({
      kind: 'documents',
      documents: ['a', { object: 'b' }],
    });
    expect(parseSubmitEvent({ objects: ['a'] })).toEqual({ kind: 'documents', documents: ['a'] });
  });

  test('has no more documents than the answer could tell of', () => {
    const objects = (count: number) => ({ objects: Array.from({ length: count }, () => 'a') });
    expect(parseSubmitEvent(objects(MAX_DOCUMENTS))).toMatchObject({ kind: 'documents' });
    expect(() => parseSubmitEvent(objects(MAX_DOCUMENTS + 1))).toThrow(
      'a call with 3001 documents is too large: nothing was tried; call with 3000 at most',
    );
    // What could be answered at worst about documents with the longest keys: 6 MB.
    const longest = {
      object: '文'.repeat(283),
      ok: false,
      error: { code: 'not-enqueued', message: 'x'.repeat(1_000) },
    };
    expect(MAX_DOCUMENTS * Buffer.byteLength(JSON.stringify(longest))).toBeLessThan(6 * 1024 * 1024);
  });

  test.each([
    null,
    undefined,
    'a.docx',
    [],
    {},
    { objects: [] },
    { objects: [1] },
    { documents: [], objects: ['a'] },
    { Records: [] },
  ])('is not %j', (event) => {
    expect(() => parseSubmitEvent(event)).toThrow(/is not known here: expected \{"documents"/);
  });

  test('is refused in a short message, however long its field names are', () => {
    const event = { ['x'.repeat(5_000)]: 1 };
    const message = (): string => {
      try {
        parseSubmitEvent(event);
        return '';
      } catch (error) {
        return String(error);
      }
    };
    expect(message()).toMatch(/an event with the fields x{100} is not known here/);
  });
});
