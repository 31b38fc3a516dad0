import type { Disposition } from '../domain/docjob-error.js';

/** An error answer, as far as it could be read. */
export interface ErrorAnswer {
  readonly status: number;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/**
 * Names that COS hides: its error table lists them as codes, its 403 page prints them as the message of an `AccessDenied`
 * ("403 error for COS access"). They count in the message only there and only at its beginning, since messages also quote object keys.
 */
const HIDDEN_NAMES: readonly (readonly [name: string, disposition: Disposition])[] = [
  ['RequestTimeTooSkewed', 'skewed'],
  ['Request has expired', 'skewed'],
  ['SignatureExpired', 'skewed'],
  ['InvalidAccessKeyId', 'credentials'],
  ['SignatureDoesNotMatch', 'credentials'],
  ['SecretidNotExist', 'credentials'],
];

/**
 * Codes that mean the same whatever the status (COS error codes, 436/7730; CI error codes). `InvalidArgument` and its like are left to their
 * status on purpose: one odd message in the queue could provoke them, and must not hold back a whole bucket.
 */
const CODES: ReadonlyMap<string | undefined, Disposition> = new Map(
  Object.entries<Disposition>({
    InvalidAuthorization: 'credentials',
    MissingAuthorization: 'credentials',
    ExpiredToken: 'credentials',
    InvalidToken: 'credentials',
    InvalidSecurity: 'credentials',

    // A 401 or 403 with this code is a missing grant: our identity was accepted.
    AccessDenied: 'configuration',
    NoSuchBucket: 'configuration',
    InvalidUrl: 'configuration',
    InvalidHost: 'configuration',
    InvalidBucketName: 'configuration',
    MediaBucketUnBinded: 'configuration',
    MethodNotAllowed: 'configuration',
    CIRoleNotExist: 'configuration',

    SlowDown: 'throttled',
    KmsFreqControl: 'throttled',

    RequestTimeout: 'transient',
    UserNetworkTooSlow: 'transient',
    IncompleteBody: 'transient',
    BadDigest: 'transient',
    // "Millisecond-level concurrency conflict" on PUT.
    PathConflict: 'transient',
    UploadConflict: 'transient',
  }),
);

/**
 * What an error answer means for the run (cos-ci error tables). Names that the service hides in the message first, then the code, then the
 * status alone, for bodies that do not parse. What is in no table concerns only this job: the narrowest reading, which holds nobody else back.
 */
export function classify({ status, code, message }: ErrorAnswer): Disposition {
  for (const [name, disposition] of HIDDEN_NAMES) {
    if (code === name || (code === 'AccessDenied' && message?.startsWith(name) === true)) return disposition;
  }
  return CODES.get(code) ?? classifyStatus(status);
}

function classifyStatus(status: number): Disposition {
  switch (status) {
    case 401:
      return 'credentials';
    // A redirect means another region or domain than configured; 402 and 451 that the bucket is closed.
    case 301:
    case 302:
    case 307:
    case 308:
    case 402:
    case 403:
    case 405:
    case 451:
    case 501:
      return 'configuration';
    case 429:
      return 'throttled';
    case 408:
      return 'transient';
    default:
      // A 200 arrives here when its body is an <Error> with a code in no table: the service is in trouble.
      return status >= 500 || status < 300 ? 'transient' : 'job';
  }
}
