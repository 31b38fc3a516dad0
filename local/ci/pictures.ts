import { digestsOf, type Digests } from '../cos/stored-object.js';
import type { JobRequest } from './job.js';

/** The content of one picture of a result. */
export interface Picture {
  readonly body: Uint8Array;
  readonly digests: Digests;
  readonly contentType: string;
}

/** A grey pixel as a baseline JPEG, the same as a PNG, and a PDF of one empty page: the smallest files that viewers open. */
export const PICTURES: Readonly<Record<JobRequest['targetType'], Picture>> = {
  jpg: picture(
    'image/jpeg',
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB' +
      'AQEBAQEBAQEBAQEBAQH/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAI' +
      'AQEAAD8AP//Z',
  ),
  png: picture(
    'image/png',
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==',
  ),
  pdf: picture(
    'application/pdf',
    'JVBERi0xLjQKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZy9QYWdlcyAyIDAgUj4+IGVuZG9iagoyIDAgb2JqPDwvVHlwZS9QYWdlcy9L' +
      'aWRzWzMgMCBSXS9Db3VudCAxPj4gZW5kb2JqCjMgMCBvYmo8PC9UeXBlL1BhZ2UvUGFyZW50IDIgMCBSL01lZGlhQm94WzAgMCAx' +
      'IDFdL1Jlc291cmNlczw8Pj4+PiBlbmRvYmoKeHJlZgowIDQKMDAwMDAwMDAwMCA2NTUzNSBmIAowMDAwMDAwMDA5IDAwMDAwIG4g' +
      'CjAwMDAwMDAwNTMgMDAwMDAgbiAKMDAwMDAwMDEwMyAwMDAwMCBuIAp0cmFpbGVyPDwvU2l6ZSA0L1Jvb3QgMSAwIFI+PgpzdGFy' +
      'dHhyZWYKMTc3CiUlRU9GCg==',
  ),
};

function picture(contentType: string, base64: string): Picture {
  const body = Buffer.from(base64, 'base64');
  return { body, digests: digestsOf(body), contentType };
}
