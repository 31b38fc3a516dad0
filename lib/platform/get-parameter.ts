import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { targetAt } from '../cos/hosts.js';
import { CredentialsError } from '../cos/errors/credentials-error.js';
import type { WireRequest } from '../cos/transport.js';
import { parseAwsRegion } from '../domain/names.js';
import type { EpochMs } from '../domain/units.js';
import { EnvReader, type Environment } from '../env-reader.js';

/** Where Systems Manager is, and the key that it knows the function by. */
export interface SsmAccess {
  readonly region: string;
  /** Scheme, host and port. */
  readonly origin: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** What makes the key of a role valid. */
  readonly sessionToken: string | undefined;
}

/**
 * Reads from the environment what Lambda sets there (AWS Lambda documentation, "Defined runtime environment variables"), and like the AWS SDK
 * `AWS_ENDPOINT_URL_SSM`, else `AWS_ENDPOINT_URL`, for a service that is elsewhere.
 *
 * @throws CredentialsError listing what is missing; it shows no key.
 */
export function readSsmAccess(env: Environment): SsmAccess {
  const read = new EnvReader(env);
  const region = read.required('AWS_REGION', 'an AWS region such as eu-central-1', parseAwsRegion);
  const readKey = (name: string): string | undefined =>
    read.required(name, "the key of the function's role, as Lambda does", (text) => text);
  const accessKeyId = readKey('AWS_ACCESS_KEY_ID');
  const secretAccessKey = readKey('AWS_SECRET_ACCESS_KEY');
  const sessionToken = read.text('AWS_SESSION_TOKEN');
  const endpoint = read.origin('AWS_ENDPOINT_URL_SSM') ?? read.origin('AWS_ENDPOINT_URL');
  if (read.problems.length > 0 || !region || !accessKeyId || !secretAccessKey) {
    throw new CredentialsError(`the Parameter Store cannot be asked: ${read.problems.join('; ')}`);
  }
  return {
    region,
    origin: endpoint?.origin ?? regionalOrigin(region),
    accessKeyId,
    secretAccessKey,
    sessionToken,
  };
}

/** AWS General Reference, "Systems Manager endpoints and quotas"; the regions in China have a domain of their own. */
function regionalOrigin(region: string): string {
  return `https://ssm.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/**
 * The call for a parameter's decrypted value (Systems Manager API Reference, GetParameter) in AWS's JSON 1.1 protocol, signed with Signature
 * Version 4 for the moment `now`.
 */
export async function signedGetParameter(
  name: string,
  access: SsmAccess,
  now: EpochMs,
): Promise<WireRequest> {
  const { region, origin, accessKeyId, secretAccessKey, sessionToken } = access;
  const target = targetAt(origin, undefined);
  const body = Buffer.from(JSON.stringify({ Name: name, WithDecryption: true }), 'utf8');
  const request = { method: 'POST', protocol: target.protocol, hostname: target.hostname, path: '/' };
  const headers = {
    host: target.host,
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AmazonSSM.GetParameter',
  };
  const signer = new SignatureV4({
    service: 'ssm',
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    sha256: Sha256,
  });
  const signed = await signer.sign({ ...request, headers, body }, { signingDate: new Date(now) });
  return {
    target,
    method: request.method,
    path: request.path,
    headers: { ...signed.headers, 'content-length': String(body.byteLength) },
    body,
    asked: `GetParameter of ${name} at ${target.host}`,
  };
}

/** SHA-256, or its HMAC where there is a secret, in the form that the signer takes. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
