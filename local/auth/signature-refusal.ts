import { fromByteText } from '../wire/byte-text.js';
import { accessDenied, Refusal } from '../wire/refusal.js';
import type { Family } from '../wire/route.js';

/**
 * Where COS puts the name of what is wrong with a signature: its error table (436/7730) lists the names as codes, its page on 403 answers
 * prints `AccessDenied` with the name as the message. Both are documented, so a client has to understand both.
 */
export type SignatureErrorShape = 'code' | 'message';

/** What can be wrong with a signature, and what both families answer in their own way. */
type OwnWayFault =
  | { readonly kind: 'missing' | 'unknown-key' | 'expired' | 'too-skewed' | 'wrong-token' }
  | { readonly kind: 'malformed'; readonly why: string }
  | {
      readonly kind: 'mismatch';
      readonly why: string;
      readonly stringToSign: string;
      readonly formatString: string;
    };

/** What can be wrong with a signature. */
export type SignatureFault = OwnWayFault | { readonly kind: 'expired-token' };

/** The refusal for a fault, as the family documents it. */
export function refusalOf(fault: SignatureFault, family: Family, shape: SignatureErrorShape): Refusal {
  if (fault.kind === 'expired-token')
    return new Refusal(400, 'ExpiredToken', 'The token provided has expired.');
  return family === 'cos' ? cosRefusal(fault, shape) : ciRefusal(fault);
}

function cosRefusal(fault: OwnWayFault, shape: SignatureErrorShape): Refusal {
  const named = (code: string, message: string, details: Readonly<Record<string, string>> = {}): Refusal =>
    shape === 'code'
      ? new Refusal(403, code, message, { details })
      : new Refusal(403, 'AccessDenied', code, { details });
  switch (fault.kind) {
    case 'missing':
      return accessDenied();
    case 'malformed':
      return new Refusal(403, 'AccessDenied', `The authorization is malformed: ${fault.why}.`);
    // A temporary key without its token is no key that COS knows.
    case 'unknown-key':
    case 'wrong-token':
      return named('InvalidAccessKeyId', 'The Access Key Id you provided does not exist in our records.');
    case 'expired':
      return new Refusal(403, 'AccessDenied', 'Request has expired');
    case 'too-skewed':
      return named(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
      );
    case 'mismatch':
      return named('SignatureDoesNotMatch', `The Signature you specified is invalid: ${fault.why}.`, {
        StringToSign: fault.stringToSign,
        FormatString: fromByteText(fault.formatString) ?? fault.formatString,
      });
  }
}

/** CI answers 401 to whatever is wrong with an identity (436/53983), and has no code of its own for a clock that is ahead. */
function ciRefusal(fault: OwnWayFault): Refusal {
  switch (fault.kind) {
    case 'missing':
      return new Refusal(401, 'MissingAuthorization', 'The request has no authorization.');
    case 'malformed':
      return new Refusal(401, 'InvalidAuthorization', `The authorization is malformed: ${fault.why}.`);
    case 'unknown-key':
    case 'wrong-token':
      return new Refusal(401, 'SecretidNotExist', 'The SecretId does not exist.');
    case 'expired':
    case 'too-skewed':
      return new Refusal(401, 'SignatureExpired', 'The signature has expired or is not valid yet.');
    case 'mismatch':
      return new Refusal(401, 'InvalidAuthorization', `The signature is invalid: ${fault.why}.`);
  }
}
