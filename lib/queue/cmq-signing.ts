import { createHmac } from 'node:crypto';

/** Where the data plane takes calls: signed, and called (TDMQ-CMQ, "API request method"). */
export const CMQ_PATH = '/v2/index.php';

/** How we sign; without the parameter of this name the service would take the signature for one with SHA-1. */
export const SIGNATURE_METHOD = 'HmacSHA256';

/** The parameters of a call by name, values as they are: nothing encoded. */
export type CmqParameters = Readonly<Record<string, string>>;

/**
 * The string to sign of a POST to `host` (CMQ, "Signature Method", 406/5906): method, host, path, `?`, and all parameters but the signature
 * itself, sorted by name, values not encoded, an underscore in a name written as a dot. Pure.
 */
export function cmqStringToSign(host: string, parameters: CmqParameters): string {
  const pairs = Object.keys(parameters)
    .sort()
    .map((name) => `${name.replaceAll('_', '.')}=${parameters[name]}`);
  return `POST${host}${CMQ_PATH}?${pairs.join('&')}`;
}

/** The signature of a POST to `host` with `parameters`, in base64: HMAC-SHA256 of {@link cmqStringToSign}. Pure. */
export function signCmq(host: string, parameters: CmqParameters, secretKey: string): string {
  return createHmac('sha256', secretKey).update(cmqStringToSign(host, parameters)).digest('base64');
}
