import { digestsOf } from '../../cos/stored-object.js';

const BODY = Buffer.from(
  'JVBERi0xLjQKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZy9QYWdlcyAyIDAgUj4+IGVuZG9iagoyIDAgb2JqPDwvVHlwZS9QYWdlcy9L' +
    'aWRzWzMgMCBSXS9Db3VudCAxPj4gZW5kb2JqCjMgMCBvYmo8PC9UeXBlL1BhZ2UvUGFyZW50IDIgMCBSL01lZGlhQm94WzAgMCAx' +
    'IDFdL1Jlc291cmNlczw8Pj4+PiBlbmRvYmoKeHJlZgowIDQKMDAwMDAwMDAwMCA2NTUzNSBmIAowMDAwMDAwMDA5IDAwMDAwIG4g' +
    'CjAwMDAwMDAwNTMgMDAwMDAgbiAKMDAwMDAwMDEwMyAwMDAwMCBuIAp0cmFpbGVyPDwvU2l6ZSA0L1Jvb3QgMSAwIFI+PgpzdGFy' +
    'dHhyZWYKMTc3CiUlRU9GCg==',
  'base64',
);

/** A PDF of one empty page: the smallest that viewers open. */
export const EMPTY_PAGE = { body: BODY, digests: digestsOf(BODY), contentType: 'application/pdf' } as const;
