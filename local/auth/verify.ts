import { createHash, createHmac } from 'node:crypto';
import type { EpochMs } from '../../lib/domain/units.js';
import type { CloudRequest } from '../wire/request.js';
import type { Family } from '../wire/route.js';
import { authorizationOf, isSignatureItem, signedFields, type Authorization } from './authorization.js';
import type { KeyRing, KnownKey } from './key-ring.js';
import { refusalOf, type SignatureErrorShape } from './signature-refusal.js';

/** A client's clock may be ahead by this much (COS error table, `RequestTimeTooSkewed`). */
const MAX_SKEW_MS = 15 * 60_000;

/** COS takes the token under its own name only, CI under both (CI API 1534, page 108713). */
const TOKEN_NAMES: Readonly<Record<Family, readonly string[]>> = {
  cos: ['x-cos-security-token'],
  ci: ['x-ci-security-token', 'x-cos-security-token'],
};

/** The circumstances of one verification. */
export interface Verification {
  readonly family: Family;
  readonly now: EpochMs;
  readonly shape: SignatureErrorShape;
}

/**
 * Lets a request pass whose signature holds, or explains why not. Written from the documentation alone ("Request Signature", 436/7778), and strict
 * where clients are: the host must be signed, which the official SDKs see to.
 *
 * @throws Refusal in the family's form.
 */
export function verifySignature(request: CloudRequest, asked: Verification, keys: KeyRing): void {
  const { family, now, shape } = asked;
  const authorization = authorizationOf(request);
  if (authorization === undefined) throw refusalOf({ kind: 'missing' }, family, shape);
  if ('malformed' in authorization)
    throw refusalOf({ kind: 'malformed', why: authorization.malformed }, family, shape);

  const key = keys.find(authorization.secretId);
  if (key === undefined) throw refusalOf({ kind: 'unknown-key' }, family, shape);
  if (now >= (authorization.endSeconds + 1) * 1_000) throw refusalOf({ kind: 'expired' }, family, shape);
  if (authorization.startSeconds * 1_000 > now + MAX_SKEW_MS)
    throw refusalOf({ kind: 'too-skewed' }, family, shape);
  verifyToken(request, key, asked);
  verifyDigest(request, key, authorization, asked);
}

function verifyToken(
  request: CloudRequest,
  { token, expiresAt }: KnownKey,
  { family, now, shape }: Verification,
): void {
  const given = [...request.headers, ...request.query].filter(({ name }) =>
    TOKEN_NAMES[family].includes(name),
  );
  if (given.some(({ value }) => value !== token) || (token !== undefined && given.length === 0)) {
    throw refusalOf({ kind: 'wrong-token' }, family, shape);
  }
  if (expiresAt !== undefined && now >= expiresAt) throw refusalOf({ kind: 'expired-token' }, family, shape);
}

function verifyDigest(
  request: CloudRequest,
  key: KnownKey,
  authorization: Authorization,
  { family, shape }: Verification,
): void {
  const headers = signedFields(request.headers, authorization.headerList);
  const own = request.query.filter(({ name }) => !isSignatureItem(name));
  const parameters = signedFields(own, authorization.urlParamList);

  const formatString = `${request.method.toLowerCase()}\n${request.path}\n${parameters.pairs}\n${headers.pairs}\n`;
  const digest = createHash('sha1').update(formatString, 'latin1').digest('hex');
  const stringToSign = `sha1\n${authorization.keyTime}\n${digest}\n`;
  const mismatch = (why: string): Error =>
    refusalOf({ kind: 'mismatch', why, stringToSign, formatString }, family, shape);

  if (headers.names !== authorization.headerList) {
    throw mismatch('q-header-list is not the sorted list of headers that were sent');
  }
  if (parameters.names !== authorization.urlParamList) {
    throw mismatch('q-url-param-list is not the sorted list of parameters that were sent');
  }
  if (!authorization.headerList.split(';').includes('host')) throw mismatch('the host is not signed');
  const signKey = createHmac('sha1', key.secretKey).update(authorization.keyTime).digest('hex');
  const expected = createHmac('sha1', signKey).update(stringToSign).digest('hex');
  if (authorization.signature !== expected) throw mismatch('the signature is not that of this request');
}
