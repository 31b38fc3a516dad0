import { createHash } from 'node:crypto';
import type { Exchange } from '../exchange.js';
import { emptyAnswer, type Answer } from '../wire/answer.js';
import { invalidArgument, Refusal } from '../wire/refusal.js';
import { valueOf, type Field } from '../wire/request.js';
import type { Bucket } from './bucket.js';
import { DEFAULT_TYPE } from './stored-object.js';

/** All `x-cos-meta-*` of an object together, names and values (436/7749). */
const MAX_META_BYTES = 2_048;

/** What COS keeps of a PUT and returns with the object, beside `x-cos-meta-*`. */
const KEPT: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-type',
  'expires',
]);

/**
 * PUT Object (436/7749). `x-cos-forbid-overwrite` is as racy as the real one: the key is looked at before the body is written, so of two that
 * create it at once both succeed. `If-Match` and `If-None-Match` are documented for reading only, and do nothing here.
 *
 * @throws Refusal for what COS refuses.
 */
export async function putObject({ request, now }: Exchange, bucket: Bucket, key: string): Promise<Answer> {
  const { headers, body } = request;
  if (valueOf(headers, 'content-length') === undefined) {
    throw new Refusal(411, 'MissingContentLength', 'The Content-Length header is missing.');
  }
  if (valueOf(headers, 'x-cos-forbid-overwrite') === 'true' && bucket.find(key) !== undefined) {
    throw new Refusal(
      409,
      'FileAlreadyExists',
      'The object exists already, and the request forbids to overwrite it.',
    );
  }
  checkMd5(valueOf(headers, 'content-md5'), body);
  const object = await bucket.put(key, body, keptHeaders(headers), now);
  return emptyAnswer(200, { etag: `"${object.md5}"`, 'x-cos-hash-crc64ecma': object.crc64 });
}

function checkMd5(given: string | undefined, body: Buffer): void {
  if (given === undefined) return;
  if (!/^[A-Za-z0-9+/]{22}==$/.test(given)) {
    throw new Refusal(400, 'InvalidDigest', 'The Content-MD5 you specified is not a base64 MD5.');
  }
  if (createHash('md5').update(body).digest('base64') !== given) {
    throw new Refusal(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}

function keptHeaders(headers: readonly Field[]): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': DEFAULT_TYPE };
  let metaBytes = 0;
  for (const { name, value } of headers) {
    const isMeta = name.startsWith('x-cos-meta-');
    if (isMeta) metaBytes += name.length + value.length;
    if (isMeta || KEPT.has(name)) kept[name] = value;
  }
  if (metaBytes > MAX_META_BYTES)
    throw invalidArgument(`The x-cos-meta-* headers exceed ${MAX_META_BYTES} bytes.`);
  return kept;
}
