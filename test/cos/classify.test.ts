import { describe, expect, test } from '@jest/globals';
import { classify } from '../../lib/cos/classify.js';
import type { Disposition } from '../../lib/domain/docjob-error.js';

type Row = readonly [status: number, code: string, message: string, disposition: Disposition];

/** The error tables of COS and CI, row by row. */
const TABLE: readonly Row[] = [
  [429, 'SlowDown', '', 'throttled'],
  [503, 'SlowDown', '', 'throttled'],
  [503, 'KmsFreqControl', '', 'throttled'],
  [429, '', '', 'throttled'],
  [500, 'InternalError', '', 'transient'],
  [500, 'KmsInternalException', '', 'transient'],
  [503, 'ServiceUnavailable', '', 'transient'],
  [502, '', '', 'transient'],
  [504, '', '', 'transient'],
  [408, '', '', 'transient'],
  [400, 'RequestTimeout', '', 'transient'],
  [400, 'UserNetworkTooSlow', '', 'transient'],
  [400, 'IncompleteBody', '', 'transient'],
  [400, 'BadDigest', '', 'transient'],
  [409, 'PathConflict', '', 'transient'],
  [409, 'UploadConflict', '', 'transient'],
  [200, 'InternalError', 'an error with status 200', 'transient'],
  [200, 'SlowDown', '', 'throttled'],
  [200, 'AccessDenied', '', 'configuration'],

  [403, 'RequestTimeTooSkewed', '', 'skewed'],
  [403, 'AccessDenied', 'RequestTimeTooSkewed', 'skewed'],
  [403, 'Request has expired', '', 'skewed'],
  [403, 'AccessDenied', 'Request has expired', 'skewed'],
  [403, 'AccessDenied', 'Request has expired, at 08:49:37', 'skewed'],
  [401, 'SignatureExpired', '', 'skewed'],

  [403, 'InvalidAccessKeyId', '', 'credentials'],
  [403, 'AccessDenied', 'InvalidAccessKeyId', 'credentials'],
  [403, 'SignatureDoesNotMatch', '', 'credentials'],
  [403, 'AccessDenied', 'SignatureDoesNotMatch', 'credentials'],
  [401, 'SecretidNotExist', '', 'credentials'],
  [401, 'InvalidAuthorization', '', 'credentials'],
  [401, 'MissingAuthorization', '', 'credentials'],
  [403, 'AccessDenied', 'SecretidNotExist', 'credentials'],
  [400, 'ExpiredToken', '', 'credentials'],
  [403, 'InvalidToken', '', 'credentials'],
  [403, 'InvalidSecurity', '', 'credentials'],
  [401, '', '', 'credentials'],

  [403, 'AccessDenied', 'Access Denied.', 'configuration'],
  [401, 'AccessDenied', '', 'configuration'],
  [403, '', '', 'configuration'],
  [404, 'NoSuchBucket', '', 'configuration'],
  [404, 'InvalidUrl', '', 'configuration'],
  [400, 'InvalidHost', '', 'configuration'],
  [400, 'InvalidBucketName', '', 'configuration'],
  [400, 'MediaBucketUnBinded', '', 'configuration'],
  [400, 'CIRoleNotExist', '', 'configuration'],
  [405, 'MethodNotAllowed', '', 'configuration'],
  [200, 'MethodNotAllowed', '', 'configuration'],
  [402, 'PaymentRequired', '', 'configuration'],
  [451, 'UnavailableForLegalReasons', '', 'configuration'],
  [501, 'NotImplemented', '', 'configuration'],
  [301, 'PermanentRedirect', '', 'configuration'],
  [307, 'TemporaryRedirect', '', 'configuration'],
  [308, '', '', 'configuration'],

  [300, '', '', 'job'],
  [404, '', '', 'job'],
  [404, 'NoSuchKey', '', 'job'],
  [400, 'ResourceNotFound', '', 'job'],
  [400, 'InvalidArgument', '', 'job'],
  [409, 'FileAlreadyExists', '', 'job'],
  [412, 'PreconditionFailed', '', 'job'],
  [418, 'SomethingNew', '', 'job'],
];

describe('what an error answer means for the run', () => {
  test.each(TABLE)('%d %s %s is %s', (status, code, message, disposition) => {
    // Nothing is read of an element that is empty.
    const said = { ...(code !== '' && { code }), ...(message !== '' && { message }) };
    expect(classify({ status, ...said })).toBe(disposition);
  });

  test('a name in the message counts only where the service hides it', () => {
    const key = 'SignatureDoesNotMatch.docx';
    expect(classify({ status: 404, code: 'NoSuchKey', message: key })).toBe('job');
    expect(classify({ status: 403, code: 'AccessDenied', message: `no ${key}` })).toBe('configuration');
  });

  test('a code that is a property of every object is no known code', () => {
    expect(classify({ status: 404, code: 'constructor' })).toBe('job');
    expect(classify({ status: 503, code: '__proto__' })).toBe('transient');
  });
});
